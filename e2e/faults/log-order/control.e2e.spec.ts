import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayPostgres, type EmbeddedPostgres, type ThrowAway } from '#libs/embedded-servers';
import { Database, START, type Position } from '#libs/event-store';
import { eventually } from '#libs/testing';
import { checkHistory, type Violation } from './check-history.ts';
import { CONTROL_SCHEMA, ControlStore, type ControlOptions } from './control-store.ts';
import { Recorder } from './history.ts';
import { planSession, type PlannedUnit } from './plan.ts';
import { Session } from './session.ts';
import { TailReader } from './tail-reader.ts';

const SEED = 20_261_123;
const SESSIONS = 8;
const UNITS_PER_SESSION = 40;
/** The mistake is shown this often, and no store is held up for ever. */
const MOST_HELD = 20;
const HELD_AT_MOST_MS = 1_000;

jest.setTimeout(60_000);

/** The same workload, reader and checker as for the log, on stores that are right or wrong on purpose. */
describe('a hand-made log under the same checker', () => {
  let server: ThrowAway<EmbeddedPostgres>;
  let database: Database;
  let databases = 0;
  const plans = Array.from({ length: SESSIONS }, (_, index) =>
    planSession({
      ...{ seed: SEED + index, session: `s${index + 1}`, isShared: false },
      ...{ units: UNITS_PER_SESSION, lastTransaction: UNITS_PER_SESSION },
    }),
  );

  beforeAll(async () => {
    server = await startThrowAwayPostgres({ settings: { deadlock_timeout: '20ms' } });
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    const name = `control_${(databases += 1)}`;
    await server.server.createDatabase(name);
    const url = server.server.urlOf(name);
    database = new Database({ url, schema: CONTROL_SCHEMA, applicationName: 'control', poolSize: 30 });
  });
  afterEach(() => database.close());

  async function judged(
    options: Omit<ControlOptions, 'database' | 'beforeCommit'> & { plans: readonly (readonly PlannedUnit[])[] },
    beforeCommit?: (first: Position, reader: TailReader) => Promise<void>,
  ): Promise<{ found: readonly Violation[]; positions: ReadonlySet<number> }> {
    await ControlStore.createTables(database, { keysAreUnique: options.looksUpKeysInTurn });
    const recorder = new Recorder();
    const store: ControlStore = new ControlStore({
      ...options,
      database,
      beforeCommit: async (first) => beforeCommit?.(first, reader),
    });
    const reader: TailReader = new TailReader(store, recorder.record, SEED);
    const reading = reader.run();
    await Promise.all(
      options.plans.map((plan) => new Session({ log: store, process: 'control', record: recorder.record }).run(plan)),
    );
    reader.finish();
    await reading;
    const log = await store.readAll({ after: START, limit: 100_000 });
    const rows = await database.query<{ unit: string }>('select unit from side_rows');
    const sideRows = rows.map(({ unit }) => unit);
    expect(log.length).toBeGreaterThan((SESSIONS * UNITS_PER_SESSION) / 2);
    const found = checkHistory({ attempts: recorder.attempts, seen: recorder.seen, log, sideRows });
    return { found, positions: new Set(log.map(({ position }) => position)) };
  }

  it('is found to be right when appends take turns', async () => {
    const { found } = await judged({ plans, hasLock: true, looksUpKeysInTurn: true });

    expect(found).toEqual([]);
  });

  it('is found to lose events for its reader when positions come from a sequence and nobody takes turns', async () => {
    // Twins need the turn, too: one of them would be refused for what the other just did.
    const withoutTwins = plans.map((plan) => plan.map((unit) => ({ ...unit, isTwin: false })));
    const passedBy: Position[] = [];
    let held = 0;
    let isHolding = false;
    const { found, positions } = await judged(
      { plans: withoutTwins, hasLock: false, looksUpKeysInTurn: true },
      async (first, reader) => {
        if (isHolding || held >= MOST_HELD) return;
        isHolding = true;
        held += 1;
        // Others commit later positions meanwhile, and the reader goes past this one.
        const goesBy = eventually(() => reader.checkpoint > first, { withinMs: HELD_AT_MOST_MS, everyMs: 2 });
        await goesBy.then(
          () => passedBy.push(first),
          () => undefined, // nobody else had anything to commit
        );
        isHolding = false;
      },
    );

    const missed = found.filter(({ kind }) => kind === 'reader-missed').map(({ detail }) => detail);
    // Some were rolled back after all, for another append of their transaction.
    const passedByForGood = passedBy.filter((at) => positions.has(at));
    expect(passedByForGood.length).toBeGreaterThan(MOST_HELD / 3);
    expect(missed).toEqual(expect.arrayContaining(passedByForGood.map((at) => `position ${at}`)));
    // Two inserts of several rows at a time mix their positions, which is seen as well. All else is in order.
    expect(found.filter(({ kind }) => kind !== 'reader-missed' && kind !== 'scattered')).toEqual([]);
  });

  it('is found to store twice when a key is looked up before the turn', async () => {
    const meetings = new Meetings(plans.flat().filter(isTwinAppend));
    const { found } = await judged({
      plans,
      hasLock: true,
      looksUpKeysInTurn: false,
      afterKeyLookup: (key) => meetings.arrive(key),
    });

    const kinds = new Set(found.map(({ kind }) => kind));
    expect(meetings.held).toBeGreaterThan(0);
    expect(found.filter(({ kind }) => kind === 'stored-twice').length).toBeGreaterThanOrEqual(meetings.held);
    expect(kinds).toContain('answers-differ');
    expect([...kinds].filter((kind) => kind.startsWith('reader') || kind === 'version-gap')).toEqual([]);
  });
});

/** Twins that any version suits, so that nothing but the key can tell them apart. */
const isTwinAppend = ({ kind, isTwin, appends }: PlannedUnit): boolean =>
  isTwin && kind === 'append' && appends[0]?.expected === 'any';

/** Lets the two halves of a twin both look before either of them writes. */
class Meetings {
  held = 0;
  private readonly awaited: Map<string, PromiseWithResolvers<undefined>>;
  private readonly waiting = new Set<string>();

  constructor(units: readonly PlannedUnit[]) {
    const keys = units.flatMap(({ appends }) => appends.flatMap(({ key }) => key ?? []));
    this.awaited = new Map(keys.map((key) => [key, Promise.withResolvers<undefined>()]));
  }

  async arrive(key: string): Promise<void> {
    const meeting = this.awaited.get(key);
    if (!meeting) return;
    if (this.waiting.has(key)) {
      this.awaited.delete(key);
      meeting.resolve(undefined);
      this.held += 1;
      return;
    }
    this.waiting.add(key);
    await meeting.promise;
  }
}
