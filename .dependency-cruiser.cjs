/** The architecture, as rules. `npm run deps` checks them; `npm run deps:graph` draws the picture. No waivers. */
const SPEC = '\\.(spec|contract)\\.ts$';
/** What a domain may call: rules and arithmetic without framework, clock, chance or process. */
const PURE_LIBS = '^libs/(kernel|agent-kit|forecasting|business-settings)/|node_modules/simple-statistics/';
const DOMAIN = '^apps/[^/]+/src/[^/]+/domain/';

/** What each lib may import besides itself. The order of the list is the order of the layers. */
const LAYERS = {
  kernel: [],
  contracts: ['kernel'],
  observability: ['kernel'],
  'business-settings': ['contracts', 'kernel'],
  forecasting: ['kernel'],
  'agent-kit': ['business-settings', 'contracts', 'kernel'],
  'event-store': ['observability', 'kernel'],
  messaging: ['event-store', 'observability', 'contracts', 'kernel'],
  'service-kit': ['messaging', 'event-store', 'observability', 'contracts', 'kernel'],
  'embedded-servers': [],
};

const layerRules = Object.entries(LAYERS).map(([lib, below]) => ({
  name: `layers-${lib}`,
  severity: 'error',
  comment: 'Imports point one way: apps -> service-kit -> messaging -> event-store -> observability -> kernel.',
  from: { path: `^libs/${lib}/`, pathNot: SPEC },
  to: { path: '^libs/', pathNot: [lib, ...below].map((name) => `^libs/${name}/`) },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle is two modules that are really one.',
      from: {},
      to: { circular: true },
    },

    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },

    ...layerRules,

    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'Rules of the business know no framework, database or broker.',
      from: { path: DOMAIN, pathNot: SPEC },
      to: { pathNot: [DOMAIN, PURE_LIBS], dependencyTypesNot: ['type-only'] },
    },

    {
      name: 'domain-knows-only-words',
      severity: 'error',
      comment: 'A domain may use the value types of contracts and the pure libs, nothing else.',
      from: { path: DOMAIN, pathNot: SPEC },
      to: { pathNot: [DOMAIN, '^libs/contracts/', PURE_LIBS] },
    },

    {
      name: 'kernel-depends-on-nothing',
      severity: 'error',
      comment: 'Everything depends on the kernel.',
      from: { path: '^libs/kernel/', pathNot: SPEC },
      to: { pathNot: '^libs/kernel/' },
    },

    {
      name: 'contracts-are-portable',
      severity: 'error',
      comment: 'Browsers and other tools import the contracts.',
      from: { path: '^libs/contracts/', pathNot: SPEC },
      to: { pathNot: ['^libs/(contracts|kernel)/', 'node_modules/zod/'] },
    },

    {
      name: 'agent-machinery-is-pure',
      severity: 'error',
      comment: 'Agents can be replayed: the same log and settings give the same findings.',
      from: { path: '^libs/(agent-kit|forecasting)/', pathNot: SPEC },
      to: { path: 'node_modules/', pathNot: 'node_modules/simple-statistics/', dependencyTypesNot: ['type-only'] },
    },

    {
      name: 'embedded-servers-need-only-node',
      severity: 'error',
      comment: 'It runs before anything else does.',
      from: { path: '^libs/embedded-servers/', pathNot: SPEC },
      to: { dependencyTypes: ['npm', 'npm-dev'] },
    },

    {
      name: 'nest-stays-at-the-edge',
      severity: 'error',
      comment: 'Only service-kit, apps and their test tools know Nest.',
      from: { path: '^libs/', pathNot: ['^libs/(service-kit|testing)/', SPEC] },
      to: { path: 'node_modules/@nestjs/' },
    },

    {
      name: 'pg-lives-in-event-store',
      severity: 'error',
      comment: 'One owner per driver.',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/(event-store|testing)/', SPEC] },
      to: { path: 'node_modules/pg/' },
    },

    {
      name: 'nats-lives-in-messaging',
      severity: 'error',
      comment: 'One owner per driver.',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/(messaging|testing)/', SPEC] },
      to: { path: 'node_modules/@nats-io/' },
    },

    {
      name: 'typeorm-only-reads-and-migrates',
      severity: 'error',
      comment: 'No ORM on the write side.',
      from: {
        path: '^(apps|libs)/',
        pathNot: [
          '^apps/[^/]+/migrations/',
          '/read-models/',
          '^libs/(event-store|service-kit|testing)/',
          '^libs/messaging/src/migrations/',
          SPEC,
        ],
      },
      to: { path: 'node_modules/typeorm/' },
    },

    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },

    {
      name: 'services-talk-through-contracts',
      severity: 'error',
      comment: 'No service imports another service.',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },

    {
      name: 'capabilities-talk-through-events',
      severity: 'error',
      comment: 'No capability reaches into another one of the same service.',
      from: { path: '^apps/([^/]+)/src/([^/]+)/', pathNot: '\\.module\\.ts$' },
      to: { path: '^apps/$1/src/[^/]+/', pathNot: '^apps/$1/src/$2/' },
    },

    {
      name: 'reads-do-not-write',
      severity: 'error',
      comment: 'A read model depends on events only, never on commands.',
      from: { path: '/read-models/' },
      to: { path: '/commands/|/domain/.*\\.decider\\.ts$' },
    },

    {
      name: 'libs-have-one-door',
      severity: 'error',
      comment: 'Import a lib by its name, not by a path inside it.',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/$2/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'tools-use-the-door-too',
      severity: 'error',
      from: { path: '^(simulation|bench|e2e|deploy|tools)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },

    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { path: '^(apps|libs|simulation|deploy|tools)/', pathNot: [SPEC, '^libs/testing/'] },
      to: { path: ['^libs/testing/', SPEC, 'node_modules/@?jest/'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
    reporterOptions: {
      archi: { collapsePattern: '^(libs/[^/]+|apps/[^/]+/src/[^/]+|simulation|bench|e2e|deploy|tools)' },
    },
  },
};
