import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readAgentConfiguration } from '../apps/agent-service/src/config.ts';
import { readHealthConfiguration } from '../apps/health-service/src/config.ts';
import { readMaintenanceConfiguration } from '../apps/maintenance-service/src/config.ts';
import { readRecoveryConfiguration } from '../apps/recovery-service/src/config.ts';
import {
  ConfigurationInvalid,
  readMigrationConfiguration,
  type BaseConfiguration,
  type Environment,
  type ReadFile,
} from '#libs/service-kit';

const ROOT = join(import.meta.dirname, '..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** DESIGN 3, and port 8000 and 9090 inside of every container. */
const SERVICES: Readonly<Record<string, { http: number; metrics: number; read: Reader }>> = {
  'agent-service': { http: 8000, metrics: 9101, read: readAgentConfiguration },
  'health-service': { http: 8001, metrics: 9102, read: readHealthConfiguration },
  'maintenance-service': { http: 8002, metrics: 9103, read: readMaintenanceConfiguration },
  'recovery-service': { http: 8003, metrics: 9104, read: readRecoveryConfiguration },
};
const NAMES = Object.keys(SERVICES);
const HTTP_INSIDE = 8000;
const METRICS_INSIDE = 9090;

type Reader<Configuration = BaseConfiguration> = (environment: Environment, readFile: ReadFile) => Configuration;
/** `recovery` of `recovery-service`. */
const shortOf = (name: string): string => name.replace('-service', '');
const MIGRATE = ['node', '--enable-source-maps', 'service/main.js', '--migrate'];

/** The variables that a service asks its environment for, with `NAME_FILE` for each: found by watching it ask. */
function knownTo(read: Reader<unknown>): ReadonlySet<string> {
  const asked = new Set<string>();
  const environment = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  read(environment, () => '');
  return asked;
}

/** Values that a person has to bring, of the right form. */
const BROUGHT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['DATABASE_URL', 'BACKUP_DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_ADMIN_URL'].map((name) => [
      name,
      `postgresql://${name.toLowerCase()}:secret@postgres:5432/business_agents`,
    ]),
  ),
  API_KEYS: JSON.stringify([{ id: 'boss', tenant: '*', roles: ['operator'], sha256: 'a'.repeat(64) }]),
  SENTRY_DSN: '',
  ANTHROPIC_API_KEY: '',
  OTEL_EXPORTER_OTLP_ENDPOINT: '',
};
const broughtFor = (name: string): string => BROUGHT[name] ?? `n${'0123456789abcdef'.repeat(2)}`;

function configured<Configuration>(read: Reader<Configuration>, environment: Environment): Configuration {
  try {
    return read(environment, (path) => broughtFor(path.split('/').at(-1) ?? ''));
  } catch (error) {
    if (error instanceof ConfigurationInvalid) throw new Error(error.message, { cause: error });
    throw error;
  }
}

const environmentSchema = z.record(z.string(), z.string());
const composeService = z.object({
  build: z.object({ context: z.literal('.'), dockerfile: z.string(), args: z.object({ SERVICE: z.string() }) }),
  environment: environmentSchema,
  ports: z.array(z.string()),
  read_only: z.literal(true),
  cap_drop: z.array(z.literal('ALL')),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })),
});
const composeMigration = composeService
  .omit({ ports: true })
  .extend({ image: z.string(), command: z.array(z.string()), restart: z.undefined().optional() });
const composeServer = z.object({
  environment: environmentSchema,
  volumes: z.array(z.string()).min(1),
  healthcheck: z.object({ test: z.array(z.string()).min(2) }),
});
const compose = z
  .object({ services: z.record(z.string(), z.unknown()), volumes: z.record(z.string(), z.unknown()) })
  .parse(parse(text('docker-compose.yml'), { merge: true }));

/** As compose fills in `${NAME:?...}` and `${NAME:-default}` from a filled-in .env. */
const filledIn = (value: string): string =>
  value.replaceAll(
    /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g,
    (_, name: string, fallback: string | undefined) => fallback ?? broughtFor(name),
  );

/** Who each URL of a configuration logs in to Postgres as. */
function usersOf(configuration: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(configuration).flatMap(([name, value]) =>
      typeof value === 'string' && value.startsWith('postgresql:') ? [[name, new URL(value).username]] : [],
    ),
  );
}

describe('docker-compose.yml', () => {
  it('has the four services, what prepares the database of each, and their two servers', () => {
    const migrations = NAMES.map((name) => `migrate-${shortOf(name)}`);

    expect(Object.keys(compose.services).sort()).toEqual([...NAMES, ...migrations, 'nats', 'postgres'].sort());
  });

  it.each(NAMES)('prepares the database of %s as its owner before it starts, in the same image', (name) => {
    const migration = `migrate-${shortOf(name)}`;
    const { environment, build, command, image, depends_on } = composeMigration.parse(compose.services[migration]);
    const service = composeService.extend({ image: z.string() }).parse(compose.services[name]);
    const known = knownTo(readMigrationConfiguration);

    expect(Object.keys(environment).filter((variable) => !known.has(variable))).toEqual([]);
    const filled = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filledIn(value)]));
    expect(usersOf(configured(readMigrationConfiguration, filled))).toEqual({
      DATABASE_URL: `steward_${shortOf(name)}`,
      DATABASE_OWNER_URL: 'steward_owner',
      DATABASE_ADMIN_URL: 'steward',
      ...(name === 'recovery-service' ? { BACKUP_DATABASE_URL: 'steward_backup' } : {}),
    });
    expect({ build, image, command }).toEqual({ build: service.build, image: service.image, command: MIGRATE });
    expect(depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(service.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      nats: { condition: 'service_healthy' },
      [migration]: { condition: 'service_completed_successfully' },
    });
  });

  it.each(NAMES)('tells %s no password of the database but its own', (name) => {
    const { environment } = composeService.parse(compose.services[name]);
    const asked = Object.values(environment).flatMap(
      (value) => value.match(/\w*(?:DATABASE|POSTGRES)_PASSWORD/g) ?? [],
    );

    expect(asked).toEqual([
      `${shortOf(name).toUpperCase()}_DATABASE_PASSWORD`,
      ...(name === 'recovery-service' ? ['BACKUP_DATABASE_PASSWORD'] : []),
    ]);
  });

  it.each(NAMES)('gives %s only variables that it knows, and all that production demands', (name) => {
    const { environment } = composeService.parse(compose.services[name]);
    const { read } = SERVICES[name] ?? {};
    if (!read) throw new Error(name);
    const known = knownTo(read);

    expect(Object.keys(environment).filter((variable) => !known.has(variable))).toEqual([]);
    const filled = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filledIn(value)]));
    expect(configured(read, filled)).toMatchObject({
      ENVIRONMENT: 'production',
      AUTHENTICATION: 'on',
      HOST: '0.0.0.0',
      PORT: HTTP_INSIDE,
      PROMETHEUS_PORT: METRICS_INSIDE,
    });
  });

  it.each(NAMES)('builds %s and publishes it on the ports of the design', (name) => {
    const { build, ports } = composeService.parse(compose.services[name]);

    expect(build).toEqual({ context: '.', dockerfile: 'deploy/docker/Dockerfile', args: { SERVICE: name } });
    expect(ports.map(filledIn)).toEqual([
      `127.0.0.1:${SERVICES[name]?.http ?? 0}:${HTTP_INSIDE}`,
      `127.0.0.1:${SERVICES[name]?.metrics ?? 0}:${METRICS_INSIDE}`,
    ]);
  });

  it.each(['postgres', 'nats'])('keeps the data of %s on a volume and asks how it is', (name) => {
    const { volumes } = composeServer.parse(compose.services[name]);

    expect(volumes.map((volume) => volume.split(':')[0])).toContain(`${name}-data`);
    expect(Object.keys(compose.volumes)).toContain(`${name}-data`);
  });

  it('takes everything that it asks for from a .env that the example explains', () => {
    const asked = [...text('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    const explained = [...text('.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name);

    expect([...new Set(asked)].sort()).toEqual(explained.sort());
  });
});

describe('the Dockerfile', () => {
  const dockerfile = text('deploy/docker/Dockerfile');

  it('has a stage for every service, and client tools of the server that runs beside them', () => {
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS tools-(\S+)$/gm)].map(([, name]) => name);
    const { image } = z.object({ image: z.string() }).parse(compose.services['postgres']);

    expect(stages.sort()).toEqual([...NAMES].sort());
    expect(image).toBe(`postgres:${/postgresql-client-(\d+)/.exec(dockerfile)?.[1] ?? ''}-bookworm`);
  });

  it('ends as an unprivileged user with a health check that needs no curl', () => {
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*"node", "-e", "fetch\(`[^`]*\/health\/live`\)/m);
    expect(dockerfile).not.toContain('curl');
  });

  it('leaves the bundle where it looks for its chunks, and starts it there', () => {
    expect(dockerfile).toContain('COPY --from=build /app/dist/apps/${SERVICE} dist/apps/${SERVICE}\n');
    expect(dockerfile).toContain('RUN ln -s "dist/apps/${SERVICE}" service\n');
    expect(dockerfile).toMatch(/^CMD \["node", "--enable-source-maps", "service\/main\.js"\]$/m);
  });

  it('copies only what .dockerignore lets through', () => {
    const allowed = text('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, sources]) => sources?.split(' ') ?? [],
    );

    expect(copied.filter((source) => !allowed.includes(source))).toEqual([]);
  });
});

const named = z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() });
const probe = z.union([
  z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) }),
  z.object({ exec: z.object({ command: z.array(z.string()).min(1) }) }),
]);
const quantities = z.object({ memory: z.string(), cpu: z.string() });
const initContainer = z.object({
  name: z.string(),
  image: z.string(),
  env: z.array(named),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.literal('steward-settings') }) })).default([]),
  resources: z.object({ requests: quantities, limits: quantities }),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});
const container = initContainer.extend({
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
});
const secretFiles = z.object({
  secret: z.object({ name: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })).optional() }),
});
const volume = z.object({
  name: z.string(),
  secret: z.object({ secretName: z.string() }).optional(),
  projected: z.object({ sources: z.array(secretFiles) }).optional(),
});
const workload = z.object({
  kind: z.enum(['Deployment', 'StatefulSet']),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.int(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.object({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int().positive(),
          seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
        }),
        initContainers: z.array(initContainer.extend({ command: z.array(z.string()) })).default([]),
        containers: z.tuple([container]),
        volumes: z.array(volume),
      }),
    }),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).default([]),
  }),
});
const anyObject = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) }).loose();

const manifests = readdirSync(join(ROOT, 'k8s/base'))
  .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  .flatMap((name) => parseAllDocuments(text(`k8s/base/${name}`)).map((document) => anyObject.parse(document.toJS())));
const find = (kind: string, name: string): object => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} ${name} in k8s/base.`);
  return found;
};
const workloads = [
  ...NAMES.map((name) => ['Deployment', name] as const),
  ['StatefulSet', 'postgres'] as const,
  ['StatefulSet', 'nats'] as const,
];
const settings = z.object({ data: environmentSchema }).parse(find('ConfigMap', 'steward-settings')).data;

function environmentOf({ env }: Pick<z.output<typeof initContainer>, 'env'>): Environment {
  return { ...settings, ...Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'pod-1'])) };
}

describe('k8s/base', () => {
  it('has nothing that runs besides the four services and their two servers, and no secret', () => {
    const running = manifests.filter(({ kind }) =>
      ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'Pod'].includes(kind),
    );

    expect(running.map(({ kind, metadata }) => [kind, metadata.name]).sort()).toEqual(
      workloads.map((one) => [...one]).sort(),
    );
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it.each(workloads)(
    '%s %s has probes, resources, a security context, and labels that its selector finds',
    (kind, name) => {
      const { template, selector, volumeClaimTemplates } = workload.parse(find(kind, name)).spec;
      const { containers, initContainers } = template.spec;

      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      const volumes = [...template.spec.volumes, ...volumeClaimTemplates.map(({ metadata }) => metadata)];
      const mounted = [...containers, ...initContainers].flatMap(({ volumeMounts }) => volumeMounts);
      expect([...new Set(mounted.map((mount) => mount.name))].sort()).toEqual(volumes.map((one) => one.name).sort());
    },
  );

  it.each(NAMES)('gives %s only variables that it knows, and all that production demands', (name) => {
    const deployment = workload.parse(find('Deployment', name));
    const { read } = SERVICES[name] ?? {};
    if (!read) throw new Error(name);
    const known = knownTo(read);
    const environment = environmentOf(deployment.spec.template.spec.containers[0]);

    expect(Object.keys(environment).filter((variable) => !known.has(variable))).toEqual([]);
    const { SHUTDOWN_GRACE_MS, ...configuration } = configured(read, environment);
    expect(configuration).toMatchObject({
      ENVIRONMENT: 'production',
      AUTHENTICATION: 'on',
      HOST: '0.0.0.0',
      PORT: HTTP_INSIDE,
      PROMETHEUS_PORT: METRICS_INSIDE,
      INSTANCE_ID: 'pod-1',
    });
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(SHUTDOWN_GRACE_MS);
  });

  it.each(NAMES)('prepares the database of %s as its owner before it starts, in the same image', (name) => {
    const { initContainers, containers } = workload.parse(find('Deployment', name)).spec.template.spec;
    const [migrate] = initContainers;
    if (!migrate) throw new Error(`${name} has no init container.`);
    const known = knownTo(readMigrationConfiguration);

    expect(initContainers).toHaveLength(1);
    expect(migrate).toMatchObject({ image: containers[0].image, command: MIGRATE });
    expect(migrate.env.map((one) => one.name).filter((variable) => !known.has(variable))).toEqual([]);
    expect(Object.keys(usersOf(configured(readMigrationConfiguration, environmentOf(migrate)))).sort()).toEqual([
      ...(name === 'recovery-service' ? ['BACKUP_DATABASE_URL'] : []),
      'DATABASE_ADMIN_URL',
      'DATABASE_OWNER_URL',
      'DATABASE_URL',
    ]);
  });

  it.each(NAMES)("lets the owner's secrets reach what migrates for %s alone, and other services' nobody", (name) => {
    const { initContainers, containers, volumes } = workload.parse(find('Deployment', name)).spec.template.spec;
    const own = `${shortOf(name)}-secrets`;
    const mountedBy = (mounts: readonly { name: string }[]): string[] =>
      volumes
        .filter((one) => mounts.some((mount) => mount.name === one.name))
        .flatMap(({ projected }) => projected?.sources.map(({ secret }) => secret.name) ?? []);

    expect(volumes.filter(({ secret }) => secret !== undefined)).toEqual([]);
    expect(mountedBy(containers[0].volumeMounts)).toEqual(['steward-secrets', own]);
    expect(initContainers.flatMap(({ volumeMounts }) => mountedBy(volumeMounts))).toEqual(['owner-secrets', own]);
  });

  it.each(NAMES)('runs %s as the guide says, and lets others reach it', (name) => {
    const { spec } = workload.parse(find('Deployment', name));
    const [{ ports, resources, livenessProbe, readinessProbe, startupProbe }] = spec.template.spec.containers;
    const service = z
      .object({
        spec: z.object({
          selector: environmentSchema,
          ports: z.array(z.object({ port: z.int(), targetPort: z.string() })),
        }),
      })
      .parse(find('Service', name)).spec;
    const budget = z
      .object({
        spec: z.object({ maxUnavailable: z.literal(1), selector: z.object({ matchLabels: environmentSchema }) }),
      })
      .parse(find('PodDisruptionBudget', name)).spec;

    expect(spec.replicas).toBe(3);
    expect(resources).toEqual({ requests: { memory: '512Mi', cpu: '250m' }, limits: { memory: '1Gi', cpu: '500m' } });
    expect(ports).toEqual([
      { name: 'http', containerPort: HTTP_INSIDE },
      { name: 'metrics', containerPort: METRICS_INSIDE },
    ]);
    expect([startupProbe, livenessProbe, readinessProbe].map((one) => 'httpGet' in one && one.httpGet)).toEqual([
      { path: '/health/live', port: 'http' },
      { path: '/health/live', port: 'http' },
      { path: '/health/ready', port: 'http' },
    ]);
    expect(service.selector).toEqual(spec.selector.matchLabels);
    expect(service.ports.map(({ port, targetPort }) => [port, targetPort])).toEqual([
      [80, 'http'],
      [METRICS_INSIDE, 'metrics'],
    ]);
    expect(budget.selector.matchLabels).toEqual(spec.selector.matchLabels);
  });

  it('has what its kustomization names, and nats runs with the configuration that compose uses', () => {
    const { resources } = z
      .object({ resources: z.array(z.string()) })
      .parse(parse(text('k8s/base/kustomization.yaml')));
    const { data } = z.object({ data: environmentSchema }).parse(find('ConfigMap', 'nats-configuration'));

    expect(resources.sort()).toEqual(
      readdirSync(join(ROOT, 'k8s/base'))
        .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
        .sort(),
    );
    expect(data['steward.conf']).toBe(text('deploy/docker/nats.conf'));
  });
});

/** Every secret file that a container of a service or server reads, and the Secrets that may have it: `name/KEY`. */
function filesRead(): ReadonlySet<string> {
  const read = new Set<string>();
  for (const [kind, name] of workloads) {
    const { initContainers, containers, volumes } = workload.parse(find(kind, name)).spec.template.spec;
    for (const { env, volumeMounts } of [...initContainers, ...containers]) {
      const sources = volumes
        .filter((one) => volumeMounts.some((mount) => mount.name === one.name))
        .flatMap(({ secret, projected }) => [
          ...(secret ? [secret.secretName] : []),
          ...(projected?.sources.map((source) => source.secret.name) ?? []),
        ]);
      const keys = [...JSON.stringify(env).matchAll(/\/run\/secrets\/steward\/(\w+)"/g)].map(([, key]) => key ?? '');
      for (const key of keys) {
        const holders = sources.filter((source) => HOLDERS[source]?.includes(key));
        expect([name, key, holders]).toEqual([name, key, [expect.any(String)]]);
        holders.forEach((holder) => read.add(`${holder}/${key}`));
      }
      for (const [, holder, key] of JSON.stringify(env).matchAll(/"secretKeyRef":{"name":"([\w-]+)","key":"(\w+)"/g)) {
        read.add(`${holder ?? ''}/${key ?? ''}`);
      }
    }
  }
  return read;
}

const secretGenerators = z.object({
  secretGenerator: z.array(z.object({ name: z.string(), files: z.array(z.string()) })),
  images: z.array(z.object({ name: z.string() })),
});
const overlayOf = (overlay: string): z.output<typeof secretGenerators> =>
  secretGenerators.parse(parse(text(`k8s/overlays/${overlay}/kustomization.yaml`)));
/** Which keys each Secret has. */
const HOLDERS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  overlayOf('prod').secretGenerator.map(({ name, files }) => [name, files.map((file) => file.split('=')[0] ?? '')]),
);

describe.each(['dev', 'prod'])('k8s/overlays/%s', (overlay) => {
  const { secretGenerator, images } = overlayOf(overlay);

  it('makes every secret that a container reads, and no other, from files that git ignores', () => {
    const made = secretGenerator.flatMap(({ name, files }) =>
      files.map((file) => `${name}/${file.split('=')[0] ?? ''}`),
    );

    expect([...filesRead()].sort()).toEqual(made.sort());
    for (const { name, files } of secretGenerator) {
      const folder = name.replace('-secrets', '');
      expect(files.filter((file) => !new RegExp(`^(\\w+)=secrets/${folder}/\\1$`).test(file))).toEqual([]);
    }
    expect(text(`k8s/overlays/${overlay}/.gitignore`)).toBe('secrets/\n');
  });

  it('has the files of its secrets explained', () => {
    const explained = text('k8s/README.md');

    expect(
      secretGenerator
        .flatMap(({ files }) => files.map((file) => file.split('=')[0] ?? ''))
        .filter((key) => !explained.includes(key)),
    ).toEqual([]);
  });

  it('names an image for every service', () => {
    expect(images.map(({ name }) => name).sort()).toEqual(NAMES.map((name) => `steward/${name}`).sort());
  });
});
