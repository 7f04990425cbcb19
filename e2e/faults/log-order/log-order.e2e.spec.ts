import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayPostgres, type EmbeddedPostgres, type ThrowAway } from '#libs/embedded-servers';
import { Database, migrate, readModelDataSource, START, verifyChain, type RecordedEvent } from '#libs/event-store';
import { startFaultProxy, type FaultProxy } from '#libs/testing';
import { startProgram, type Program } from '../program.ts';
import { checkHistory } from './check-history.ts';
import { FAULTS, Faults, NETWORK_DELAY_MS } from './faults.ts';
import { Line, Recorder, type History } from './history.ts';
import { openLog, SCHEMA, type OpenLog } from './open-log.ts';
import type { PlanOptions } from './plan.ts';
import { complaintOf, figuresOf, type Figures } from './report.ts';

/** `LOG_ORDER_SEED=<n>` plans another run. Who comes first is up to the machine, so no two runs of a seed are quite alike. */
const SEED = Number(process.env['LOG_ORDER_SEED'] ?? 20_261_123);
type WriterProcess = Readonly<{ name: string; unitsPerSession: number; settings: Readonly<Record<string, string>> }>;
/**
 * One store tries again for as long as it does by default; the other gives up before a long fault is over. That one also has
 * more to do: in the end it is alone and only appends, since a store may take a shorter path when nobody else writes.
 */
const PROCESSES: readonly WriterProcess[] = [
  { name: 'a', unitsPerSession: 160, settings: {} },
  { name: 'b', unitsPerSession: 280, settings: { RETRY_FOR_MS: '300' } },
];
const SESSIONS_PER_PROCESS = 6;
const LAST_TRANSACTION = 160;
const SHARED_UNITS = 120;
const PLANNED_UNITS = PROCESSES.reduce(
  (sum, { unitsPerSession }) => sum + SESSIONS_PER_PROCESS * unitsPerSession + SHARED_UNITS,
  0,
);

jest.setTimeout(150_000);

describe('the log, written by many while everything fails', () => {
  let server: ThrowAway<EmbeddedPostgres>;
  let proxy: FaultProxy;
  let log: OpenLog;
  let faults: Faults;
  let history: History;
  let figures: Figures;
  let unavailableBefore = 0;
  const recorder = new Recorder();
  const programs: Program[] = [];
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await startThrowAwayPostgres({ fast: false });
    closers.push(() => server.remove());
    await createLog(server.server.url);
    proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: server.server.port });
    closers.push(() => proxy.close());
    proxy.setDelayMs(NETWORK_DELAY_MS);
    const database = new Database({ url: server.server.url, schema: SCHEMA, applicationName: 'faults', poolSize: 1 });
    closers.push(() => database.close());
    log = openLog(server.server.url, 'check');
    closers.push(() => log.close());
    // More units than these are acknowledged, so that the last fault comes before the end.
    const every = Math.floor((PLANNED_UNITS * 0.7) / FAULTS.length);
    faults = new Faults({ postgres: server.server, database, proxy }, every, SEED);
    await runPrograms();
    history = await readHistory(log, recorder);
    figures = figuresOf(history);
    if (process.env['LOG_ORDER_FIGURES'] !== undefined) process.stderr.write(`${JSON.stringify(figures)}\n`);
  });
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.kill()));
    for (const close of closers.toReversed()) await close();
  });

  async function runPrograms(): Promise<void> {
    const hear = (line: Line): void => {
      recorder.record(line);
      if (line.line === 'outcome') {
        if (line.outcome.is === 'unavailable' && !faults.haveBegun) unavailableBefore += 1;
        faults.onProgress(recorder.acknowledged);
      }
      if (line.line === 'seen') faults.onSeen();
    };
    const direct = server.server.url;
    const throughProxy = Object.assign(new URL(direct), { port: String(proxy.port) }).href;
    const start = async (file: string, settings: Record<string, string>): Promise<Program> => {
      const parse = (json: unknown): Line => Line.parse(json);
      const program = await startProgram(join(import.meta.dirname, file), { settings, parse, hear });
      programs.push(program);
      return program;
    };
    const reader = await start('reader.ts', { PROGRAM_NAME: 'log-order-reader', LOG_URL: direct, SEED: String(SEED) });
    const writers = await Promise.all(
      PROCESSES.map((writer, index) =>
        start('writer.ts', {
          ...writer.settings,
          PROGRAM_NAME: `log-order-writer-${writer.name}`,
          LOG_URL: throughProxy,
          SESSIONS: JSON.stringify(sessionsOf(writer, SEED + 1_000 * (index + 1))),
        }),
      ),
    );
    await Promise.all(programs.map(({ ready }) => ready));
    for (const program of programs) program.tell('go');
    await Promise.all(writers.map(({ done }) => done));
    reader.tell('finish');
    await reader.done;
    await faults.finished();
  }

  it('keeps every guarantee', () => {
    const found = checkHistory(history);
    if (found.length > 0) throw new Error(complaintOf(SEED, { history, figures }, found));
  });

  it('gives each stream as the whole log has it', async () => {
    for (const events of Map.groupBy(history.log, ({ tenant, streamId }) => `${tenant}/${streamId}`).values()) {
      const [first] = events;
      const stream = first ? await log.store.readStream(first.tenant, first.streamId) : [];
      expect(stream.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    }
  });

  it('is there for everybody until something fails', () => {
    expect(unavailableBefore).toBe(0);
  });

  it('has been put to the test', () => {
    expect(Object.fromEntries(faults.done)).toEqual({
      'terminate-backends': FAULTS.filter((kind) => kind === 'terminate-backends').length,
      'cut-connections': FAULTS.filter((kind) => kind === 'cut-connections').length,
      'kill-postgres': FAULTS.filter((kind) => kind === 'kill-postgres').length,
    });
    expect(faults.terminatedBackends).toBeGreaterThan(0);
    expect(recorder.pagesSeen).toBeGreaterThan(100);
    const least = {
      ...{ acknowledged: PLANNED_UNITS / 2, events: PLANNED_UNITS / 2, duplicates: 200, conflicts: 100 },
      ...{ keysRefused: 10, rolledBack: 20, sideRows: 200 },
      ...{ unknown: 3, notApplied: 20, appliedUnanswered: 3 },
    };
    const short = Object.entries(least).filter(([figure, wanted]) => (figures[figure] ?? 0) < wanted);
    expect({ short, figures }).toEqual({ short: [], figures });
  });
});

function sessionsOf({ name, unitsPerSession }: WriterProcess, seed: number): PlanOptions[] {
  const own = Array.from({ length: SESSIONS_PER_PROCESS }, (_, index) => ({
    seed: seed + index,
    session: `${name}${index + 1}`,
    units: unitsPerSession,
    lastTransaction: LAST_TRANSACTION,
    isShared: false,
  }));
  // The same in both processes, as when one message is delivered to two replicas.
  const shared = { seed: SEED, session: 'shared', units: SHARED_UNITS, lastTransaction: SHARED_UNITS, isShared: true };
  return [...own, shared];
}

async function createLog(url: string): Promise<void> {
  const options = { url, schema: SCHEMA, applicationName: 'log-order-spec', migrations: [], entities: [] };
  const dataSource = await readModelDataSource(options).initialize();
  await migrate(dataSource, options);
  await dataSource.query('create table side_rows (unit text primary key)');
  await dataSource.destroy();
}

async function readHistory({ store, database }: OpenLog, recorder: Recorder): Promise<History> {
  const log: RecordedEvent[] = [];
  for (let after = START; ;) {
    const page = await store.readAll({ after, limit: 1_000 });
    const last = page.at(-1);
    if (!last) break;
    log.push(...page);
    after = last.position;
  }
  const rows = await database.query<{ unit: string }>('select unit from side_rows');
  return {
    attempts: recorder.attempts,
    log,
    seen: recorder.seen,
    sideRows: rows.map(({ unit }) => unit),
    chain: await verifyChain(database),
  };
}
