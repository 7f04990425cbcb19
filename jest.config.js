/** One transform for every project; the projects differ only in what they touch and how long they may take. */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
        },
        module: { type: 'es6' },
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.local/'],
};

export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,simulation,tools,deploy,bench}/**/!(*.int|*.e2e).spec.ts'],
    },
    {
      ...base,
      displayName: 'integration',
      testMatch: ['<rootDir>/{apps,libs,simulation,tools,deploy}/**/*.int.spec.ts'],
    },
    { ...base, displayName: 'end-to-end', testMatch: ['<rootDir>/e2e/journeys/**/*.e2e.spec.ts'] },
    { ...base, displayName: 'faults', testMatch: ['<rootDir>/e2e/faults/**/*.e2e.spec.ts'] },
  ],
};
