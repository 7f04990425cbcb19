import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { streamId, tenantId } from '#libs/kernel';
import { position, type Append, type ExpectedVersion, type RecordedEvent } from './event-store.ts';
import { LogModel, ofLog, ofModel, toldOf, type Told, type Work } from './log-model.contract.ts';
import { rebuildTotals, TOTALS_TABLE } from './model-totals.contract.ts';
import { METADATA, openLog, type Instance, type LogFixture } from './postgres/log-fixture.contract.ts';
import { verifyChain } from './verification/verify-chain.ts';

jest.setTimeout(60_000);

const SEEDS = [1, 20_261_123, 4_242];
const STEPS = 200;

/** An append as it is drawn: what it expects is said of the version that the stream has by then. */
type Draft = Readonly<{
  tenant: 'demo' | 'other';
  stream: number;
  expected: ExpectedVersion | 'right' | 'behind' | 'ahead';
  events: number;
  key: number | undefined;
}>;
type DraftWork = Readonly<{
  /** Of the two processes. */
  process: number;
  kind: 'append' | 'transaction' | 'again';
  drafts: readonly Draft[];
  isRolledBack: boolean;
  /** Which earlier append comes again. */
  earlier: number;
}>;
type Step =
  | Readonly<{ do: 'write'; works: readonly DraftWork[] }>
  | Readonly<{ do: 'read stream'; draft: Draft; after: number }>
  | Readonly<{ do: 'read pages'; after: number; limit: number }>
  | Readonly<{ do: 'read positions'; positions: readonly number[] }>
  | Readonly<{ do: 'rebuild'; process: number; workers: number; isNewVersion: boolean }>
  | Readonly<{ do: 'restart'; process: number }>;

const draft: fc.Arbitrary<Draft> = fc.record({
  tenant: fc.constantFrom('demo', 'demo', 'demo', 'other'),
  stream: fc.nat(5),
  expected: fc.constantFrom(
    ...(['any', 'any', 'right', 'right', 'behind', 'ahead', 'exists', 'no-stream', 0] as const),
  ),
  events: fc.integer({ min: 1, max: 3 }),
  key: fc.option(fc.nat(200), { nil: undefined }),
});
const work: fc.Arbitrary<DraftWork> = fc.record({
  // Seldom the other one, so that the first often knows the lane, and is sometimes wrong.
  process: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
  kind: fc.constantFrom(...(['append', 'append', 'append', 'again', 'again', 'transaction'] as const)),
  drafts: fc.array(draft, { minLength: 1, maxLength: 3 }),
  isRolledBack: fc.constantFrom(false, false, true),
  earlier: fc.nat(1_000),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write' as const), works: fc.array(work, { minLength: 1, maxLength: 1 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write' as const), works: fc.array(work, { minLength: 2, maxLength: 10 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read stream' as const), draft, after: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('read pages' as const),
      after: fc.nat(500),
      limit: fc.integer({ min: 1, max: 400 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('read positions' as const),
      positions: fc.array(fc.nat(900), { maxLength: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rebuild' as const),
      process: fc.nat(1),
      workers: fc.integer({ min: 1, max: 3 }),
      isNewVersion: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), process: fc.nat(1) }) },
);

/** Drives a log through steps and compares all that it says with the model. */
class Run {
  private readonly log: LogFixture;
  private readonly model = new LogModel();
  private readonly processes: Instance[];
  private readonly sent: Append[] = [];
  private readonly committedRows: string[] = [];
  private numbers = 0;
  private version = 1;

  constructor(log: LogFixture) {
    this.log = log;
    this.processes = [log.connect(), log.connect()];
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'write':
        return this.write(step.works);
      case 'read stream': {
        const append = this.appendOf(step.draft);
        const events = await this.process(0).store.readStream(append.tenant, append.streamId, step.after);
        expectSame(events, this.model.streamOf(append).slice(step.after));
        return;
      }
      case 'read pages':
        return this.readPages(step.after, step.limit);
      case 'read positions': {
        const events = await this.process(1).store.readByPositions(step.positions.map(position));
        const wanted = this.model.events.filter((event) => step.positions.includes(event.position));
        expectSame(events, wanted);
        return;
      }
      case 'rebuild': {
        const shown = this.version;
        if (step.isNewVersion) this.version += 1;
        const how = { shown, version: this.version, workers: step.workers };
        return rebuildTotals(this.process(step.process), this.model.events, how);
      }
      case 'restart':
        await this.process(step.process).store.close();
        await this.process(step.process).database.close();
        this.processes[step.process] = this.log.connect();
    }
  }

  /** At the end: everything at once, and what no reader sees. */
  async finish(): Promise<void> {
    await this.readPages(0, 1_000);
    const { database } = this.log;
    expect(await verifyChain(database)).toMatchObject({ outcome: 'intact', events: this.model.events.length });
    const rows = await database.query<{ id: string }>('select id from rows_of_handlers');
    expect(rows.map(({ id }) => id).sort()).toEqual(this.committedRows.sort());
    const streams = await database.query<{ tenant: Append['tenant']; stream_id: Append['streamId']; version: number }>(
      'select tenant, stream_id, version from streams',
    );
    for (const { tenant, stream_id: id, version } of streams) {
      expect(version).toBe(this.model.versionOf({ tenant, streamId: id }));
    }
    const types = await database.query('select type, first_position from event_types order by type');
    const firsts = new Map(this.model.events.toReversed().map((event) => [event.type, event.position]));
    expect(types).toEqual([...firsts].sort().map(([type, first]) => ({ type, first_position: first })));
  }

  private process(index: number): Instance {
    return this.processes[index] ?? this.log;
  }

  private async write(drafts: readonly DraftWork[]): Promise<void> {
    const before = this.model.head;
    const works = drafts.map((one) => ({
      work: this.workOf(one),
      store: this.process(one.process).store,
      row: `r${(this.numbers += 1)}`,
    }));
    const told = new Map<Work, Told>();
    await Promise.all(
      works.map(async ({ work: one, store, row }) => {
        try {
          told.set(one, await perform(one, store, row));
          if (one.kind === 'transaction') this.committedRows.push(row);
        } catch (error) {
          told.set(one, toldOf(error));
        }
      }),
    );
    const events = await this.log.store.readAll({ after: position(before), limit: 1_000 });
    const places = new Map(works.map(({ work: one }) => [one, placeOf(one, told.get(one), events)]));
    const stored = [...places].flatMap(([one, place]) => (place === undefined ? [] : [{ one, place }]));
    stored.sort((left, right) => left.place - right.place);
    const others = [...places].flatMap(([one, place]) => (place === undefined ? [one] : []));

    const wrong = this.model.takeIn(
      stored.map(({ one }) => one),
      others,
      (one) => told.get(one) ?? {},
    );

    expect({ wrong, told: wrong.length > 0 ? [...told] : [] }).toEqual({ wrong: [], told: [] });
    expectSame(events, this.model.events.slice(before));
    expect(await this.process(0).store.head()).toBe(this.model.head);
  }

  private async readPages(from: number, limit: number): Promise<void> {
    const seen: RecordedEvent[] = [];
    for (let after = position(Math.min(from, this.model.head)); ;) {
      const page = await this.process(1).store.readAll({ after, limit });
      seen.push(...page);
      if (page.length < limit) break;
      after = page.at(-1)?.position ?? after;
    }
    expectSame(seen, this.model.events.slice(Math.min(from, this.model.head)));
  }

  private workOf({ kind, drafts, isRolledBack, earlier }: DraftWork): Work {
    if (kind === 'transaction') return { kind, appends: drafts.map((each) => this.appendOf(each)), isRolledBack };
    const again = this.sent[earlier % Math.max(this.sent.length, 1)];
    if (kind === 'again' && again) return { kind: 'append', appends: [again], isRolledBack: false };
    const append = this.appendOf(drafts[0] ?? EMPTY_DRAFT);
    if (append.idempotencyKey !== undefined) this.sent.push(append);
    return { kind: 'append', appends: [append], isRolledBack: false };
  }

  private appendOf({ tenant, stream, expected, events, key }: Draft): Append {
    const target = { tenant: tenantId(tenant), streamId: streamId('item', `s-${stream} "ü"`) };
    const version = this.model.versionOf(target);
    const distance = { right: 0, behind: -1, ahead: 1 };
    return {
      ...target,
      expected:
        typeof expected === 'string' && expected in distance
          ? version + distance[expected as 'right']
          : (expected as ExpectedVersion),
      events: Array.from({ length: events }, () => ({
        type: `counted-${stream % 4}`,
        typeVersion: 1,
        data: { number: (this.numbers += 1), text: '{"é": [,]} \\"' },
      })),
      metadata: { ...METADATA, actor: `spec ${this.numbers}` },
      ...(key === undefined ? {} : { idempotencyKey: `k${key}` }),
    };
  }
}

const EMPTY_DRAFT: Draft = { tenant: 'demo', stream: 0, expected: 'any', events: 1, key: undefined };

async function perform({ kind, appends, isRolledBack }: Work, store: Instance['store'], row: string): Promise<Told> {
  const [first] = appends;
  if (kind === 'append') return first ? { ...(await store.append(first)) } : {};
  return store.transaction(async (transaction) => {
    await transaction.query('insert into rows_of_handlers values ($1)', [row]);
    for (const append of appends) transaction.append(append);
    if (isRolledBack) throw new Error('on purpose');
    return { committed: true };
  });
}

/** The position of the first event that a work has stored. What comes again has events of the same content as before. */
function placeOf(
  { kind, appends }: Work,
  told: Told | undefined,
  events: readonly RecordedEvent[],
): number | undefined {
  if (kind === 'append') return told?.['outcome'] === 'appended' ? Number(told['firstPosition']) : undefined;
  const texts = new Set(appends.flatMap((append) => append.events.map(({ data }) => JSON.stringify(data))));
  return events.find(({ data }) => texts.has(JSON.stringify(data)))?.position;
}

function expectSame(events: readonly RecordedEvent[], rows: LogModel['events']): void {
  expect(events.map(ofLog)).toEqual(rows.map(ofModel));
}

describe('a log under random work of two processes', () => {
  let log: LogFixture;

  afterEach(async () => {
    await log.close();
  });

  it.each(SEEDS)('is at every step what a model in memory says, seed %i', async (seed) => {
    log = await openLog();
    await log.database.query('create table rows_of_handlers (id text primary key)');
    await log.database.query(TOTALS_TABLE);
    const run = new Run(log);
    const steps = fc.sample(step, { seed, numRuns: STEPS });

    for (const [index, one] of steps.entries()) {
      await run.take(one).catch((error: unknown) => {
        throw new Error(`Seed ${seed}, step ${index}: ${JSON.stringify(one)}`, { cause: error });
      });
    }
    await run.finish();
  });
});
