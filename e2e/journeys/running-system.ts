import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  freePort,
  spawnOwned,
  startThrowAwayNats,
  startThrowAwayPostgres,
  type EmbeddedNats,
  type EmbeddedPostgres,
  type OwnedProcess,
} from '#libs/embedded-servers';
import { DATABASE, localLogins, type LocalLogins } from '../../deploy/local/local-logins.ts';
import { prepareDatabase } from '../../deploy/local/prepare-database.ts';
import { eventually, startOtlpCollector, type OtlpCollector } from '#libs/testing';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const SERVICES = ['agent', 'health', 'maintenance', 'recovery'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** One real service process. */
export class ServiceProcess {
  readonly url: string;
  private readonly name: ServiceName;
  private readonly environment: NodeJS.ProcessEnv;
  private readonly logFile: string;
  private process: OwnedProcess | undefined;

  constructor(name: ServiceName, port: number, setup: { environment: NodeJS.ProcessEnv; folder: string }) {
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    this.environment = { ...setup.environment, PORT: String(port), PROMETHEUS_PORT: '0' };
    this.logFile = join(setup.folder, `${name}.log`);
  }

  async start(): Promise<void> {
    const main = join(ROOT, 'dist', 'apps', `${this.name}-service`, 'main.js');
    if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run build" first.`);
    const log = openSync(this.logFile, 'a');
    this.process = await spawnOwned(process.execPath, {
      args: ['--enable-source-maps', main],
      cwd: dirname(this.logFile),
      env: this.environment,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await eventually(
      async () => {
        if (this.process?.isRunning() !== true) throw new Error(`${this.name} ended:\n${this.log.slice(-4_000)}`);
        const answer = await fetch(`${this.url}/health/ready`);
        if (!answer.ok) throw new Error(`${this.name} is not ready: ${await answer.text()}`);
      },
      { withinMs: 40_000, everyMs: 100 },
    );
  }

  /** What the service wrote so far. */
  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  async kill9(): Promise<void> {
    this.process?.signal('SIGKILL');
    await this.process?.exited;
  }

  /** @returns its exit code */
  async stop(): Promise<number | null> {
    const exit = await this.process?.stop({ deadlineMs: 20_000 });
    return exit?.code ?? null;
  }
}

/** The four services as they run in production, on servers of their own. */
export type RunningSystem = Readonly<{
  services: Readonly<Record<ServiceName, ServiceProcess>>;
  postgres: EmbeddedPostgres;
  nats: EmbeddedNats;
  collector: OtlpCollector;
  stop: () => Promise<void>;
}>;

/** The roles and schemas as `npm start` makes them: the services know their own role and no other. */
async function prepared(server: EmbeddedPostgres, folder: string): Promise<LocalLogins> {
  await server.createDatabase(DATABASE);
  const logins = localLogins(folder, server.port);
  await prepareDatabase({ root: ROOT, names: SERVICES, adminUrl: server.urlOf(DATABASE), logins });
  return logins;
}

/** Starts Postgres, nats-server, a trace collector and the four built services. */
export async function startSystem(settings: NodeJS.ProcessEnv = {}): Promise<RunningSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-e2e-'));
  mkdirSync(join(folder, 'backups'));
  const postgres = await startThrowAwayPostgres({ settings: { max_connections: '300' } });
  const nats = await startThrowAwayNats();
  const collector = await startOtlpCollector();
  const logins = await prepared(postgres.server, folder);
  const environment = {
    PATH: `${postgres.server.binFolder}:${process.env['PATH'] ?? ''}`,
    ENVIRONMENT: 'development',
    NATS_URL: nats.server.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    BACKUP_DATABASE_URL: logins.backupUrl,
    BACKUP_FOLDER: join(folder, 'backups'),
    DAILY_BACKUP: 'off',
    ...settings,
  };
  const entries = await Promise.all(
    SERVICES.map(async (name) => {
      const own = { ...environment, DATABASE_URL: logins.services[name] };
      return [name, new ServiceProcess(name, await freePort(), { environment: own, folder })] as const;
    }),
  );
  const services = Object.fromEntries(entries) as Record<ServiceName, ServiceProcess>;
  await Promise.all(SERVICES.map((name) => services[name].start()));
  return {
    services,
    postgres: postgres.server,
    nats: nats.server,
    collector,
    stop: async () => {
      await Promise.all(SERVICES.map((name) => services[name].stop()));
      await collector.close();
      await nats.remove();
      await postgres.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
