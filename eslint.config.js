import js from '@eslint/js';
import checkFile from 'eslint-plugin-check-file';
import tseslint from 'typescript-eslint';

const HOUSE_SYNTAX = [
  { selector: 'ExportAllDeclaration', message: 'Name what you export; `export *` hides the public surface.' },
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only: one name everywhere.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
];
const NO_CLOCK = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Take the time from the command or from an injected Clock.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', '.local/**', '**/*.{js,cjs,mjs}'] },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-definitions': 'off', // types for unions and messages, interfaces for ports
      complexity: ['error', { max: 12, variant: 'modified' }], // an exhaustive switch is one decision
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 300, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 4],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...HOUSE_SYNTAX],
    },
  },
  {
    // Time and chance enter through arguments, so that every rule of the business can be replayed.
    files: ['apps/**/domain/**/*.ts', 'libs/{kernel,contracts,agent-kit,forecasting}/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...HOUSE_SYNTAX, NO_CLOCK],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time from the command or from an injected Clock.' },
        { object: 'Math', property: 'random', message: 'Take ids and chance from the command.' },
      ],
    },
  },
  {
    // A module class of Nest carries its wiring in decorators; the class itself is empty.
    files: ['**/*.{spec,contract}.ts', 'libs/testing/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Command-line programs speak to a person on stdout.
    files: ['{simulation,bench,deploy,tools}/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['{apps,libs,simulation,bench,e2e,deploy,tools}/**/*.ts'],
    plugins: { 'check-file': checkFile },
    rules: {
      'check-file/filename-naming-convention': [
        'error',
        { '**/*.ts': '+([a-z0-9])*(-+([a-z0-9]))' },
        { ignoreMiddleExtensions: true },
      ],
    },
  },
);
