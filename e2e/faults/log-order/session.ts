import { setTimeout as delay } from 'node:timers/promises';
import {
  IdempotencyKeyReused,
  StoreUnavailable,
  WrongExpectedVersion,
  type Append,
  type AppendResult,
  type EventStore,
} from '#libs/event-store';
import { correlationId, streamId, tenantId, type StreamId } from '#libs/kernel';
import type { Line, Outcome, SentAppend, Unit } from './history.ts';
import type { PlannedAppend, PlannedUnit } from './plan.ts';

/** What a run needs of a log; the controls bring broken ones. */
export type LogUnderTest = Pick<EventStore, 'append' | 'readStream' | 'readAll' | 'head' | 'transaction'>;

export type SessionOptions = Readonly<{
  log: LogUnderTest;
  /** Name of the process, so that attempts of two processes are told apart. */
  process: string;
  record: (line: Line) => void;
}>;

/** How long a unit is repeated while the log is away. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 15;
const WAIT_BEFORE_SENDING_AGAIN = 4;
const HAPPENED_AT = '2026-01-01T12:00:00.000Z';

const ONCE = { isTwin: false, isGivenUp: false };

/** Rolls a transaction back on purpose. */
class OnPurpose extends Error {}

/** One client: does its units one after the other, and repeats what it may until it has an answer. */
export class Session {
  private readonly options: SessionOptions;
  private readonly versions = new Map<string, number>();
  private readonly answered: Unit[] = [];
  private attempts = 0;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  async run(plan: readonly PlannedUnit[]): Promise<void> {
    for (const planned of plan) {
      const unit = await this.untilThere(() => this.unitOf(planned));
      const outcomes = await this.settle(unit, planned);
      const isAnswered = outcomes.some(({ is }) => is === 'acknowledged');
      if (isAnswered && planned.isSentAgain) this.answered.push(unit);
      if (isAnswered && planned.keyIsAbused) await this.settle(withOtherContent(unit), ONCE);
      if (this.answered.length > WAIT_BEFORE_SENDING_AGAIN) await this.sendAgain();
    }
    while (this.answered.length > 0) await this.sendAgain();
  }

  private async sendAgain(): Promise<void> {
    const unit = this.answered.shift();
    if (unit) await this.settle(unit, ONCE);
  }

  /** Sends the unit until its fate is known, or can't become known. */
  private async settle(
    unit: Unit,
    { isTwin, isGivenUp }: Pick<PlannedUnit, 'isTwin' | 'isGivenUp'>,
  ): Promise<readonly Outcome[]> {
    const deadline = performance.now() + PATIENCE_MS;
    let outcomes = await Promise.all(Array.from({ length: isTwin ? 2 : 1 }, () => this.send(unit)));
    while (outcomes.every(({ is }) => is === 'unavailable')) {
      const mayBeRepeated = isKeyed(unit) || outcomes.every((one) => one.is === 'unavailable' && one.applied === 'no');
      if (unit.rollsBack || isGivenUp || !mayBeRepeated || performance.now() > deadline) break;
      await delay(PAUSE_MS);
      outcomes = [await this.send(unit)];
    }
    // So that units are not spent on a server that is down.
    if (outcomes.every(({ is }) => is === 'unavailable')) await this.untilThere(() => this.options.log.head());
    return outcomes;
  }

  private async send(unit: Unit): Promise<Outcome> {
    this.attempts += 1;
    const attempt = `${this.options.process}/${unit.session}/${this.attempts}`;
    this.options.record({ line: 'attempt', attempt, unit });
    const outcome = await this.outcomeOf(unit);
    this.options.record({ line: 'outcome', attempt, outcome });
    return outcome;
  }

  private async outcomeOf(unit: Unit): Promise<Outcome> {
    try {
      const answers = unit.kind === 'append' ? await this.append(unit) : await this.transact(unit);
      return { is: 'acknowledged', answers: [...answers] };
    } catch (error) {
      return outcomeOfFailure(error);
    }
  }

  private append(unit: Unit): Promise<AppendResult[]> {
    return Promise.all(unit.appends.map((append) => this.options.log.append(asAppend(unit, append))));
  }

  private async transact(unit: Unit): Promise<[]> {
    await this.options.log.transaction(async (transaction) => {
      for (const append of unit.appends) transaction.append(asAppend(unit, append));
      await transaction.query('insert into side_rows (unit) values ($1) on conflict do nothing', [unit.id]);
      if (unit.lingersMs > 0) await transaction.query('select pg_sleep($1)', [unit.lingersMs / 1_000]);
      if (unit.rollsBack) throw new OnPurpose();
    });
    return [];
  }

  /** The unit as it will be sent, with the versions that its streams have now. */
  private async unitOf(planned: PlannedUnit): Promise<Unit> {
    const appends: SentAppend[] = [];
    for (const append of planned.appends) {
      const before = appends.findLast(({ tenant, stream }) => tenant === append.tenant && stream === append.stream);
      const builtOn =
        before && typeof before.expected === 'number' ? before.expected + before.events.length : undefined;
      const expected = append.expected === 'read' ? (builtOn ?? (await this.versionOf(append))) : append.expected;
      appends.push(sentAppend(append, expected));
    }
    const { id, session, number, kind, rollsBack, lingersMs } = planned;
    return { id, session, number, kind, rollsBack, lingersMs, appends };
  }

  private async versionOf({ tenant, stream }: PlannedAppend): Promise<number> {
    const name = `${tenant}/${stream}`;
    const known = this.versions.get(name) ?? 0;
    const newer = await this.options.log.readStream(tenantId(tenant), streamNamed(stream), known);
    const version = newer.at(-1)?.streamVersion ?? known;
    this.versions.set(name, version);
    return version;
  }

  private async untilThere<Result>(ask: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || performance.now() > deadline) throw error;
        await delay(PAUSE_MS);
      }
    }
  }
}

function outcomeOfFailure(error: unknown): Outcome {
  if (error instanceof OnPurpose) return { is: 'rolled-back' };
  if (error instanceof StoreUnavailable) return { is: 'unavailable', applied: error.applied };
  if (error instanceof WrongExpectedVersion) {
    return { is: 'wrong-version', stream: error.streamId, actual: error.actual };
  }
  if (error instanceof IdempotencyKeyReused) return { is: 'key-reused', key: error.key };
  return { is: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

const isKeyed = ({ appends }: Unit): boolean => appends.every(({ key }) => key !== undefined);

function sentAppend({ texts, ...append }: PlannedAppend, expected: SentAppend['expected']): SentAppend {
  const events = texts.map((text, index) => ({
    type: `counted-${index % 3}`,
    data: { append: append.id, index, text, value: (index + 1) / 3 },
  }));
  return { ...append, expected, events };
}

/** The same key, and other content: the log has to refuse it. */
function withOtherContent(unit: Unit): Unit {
  const appends = unit.appends.map((append) => {
    const id = `${append.id}-other`;
    return { ...append, id, events: append.events.map((event) => ({ ...event, data: { ...event.data, append: id } })) };
  });
  return { ...unit, id: `${unit.id}-other`, appends };
}

function asAppend(unit: Unit, { tenant, stream, expected, key, events }: SentAppend): Append {
  return {
    tenant: tenantId(tenant),
    streamId: streamNamed(stream),
    expected,
    events: events.map(({ type, data }) => ({ type, typeVersion: 1, data })),
    metadata: { correlationId: correlationId(unit.id), actor: `session:${unit.session}`, occurredAt: HAPPENED_AT },
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

/** `<category>-<id>`, from text. */
function streamNamed(text: string): StreamId {
  const category = text.slice(0, text.indexOf('-'));
  return streamId(category, text.slice(category.length + 1));
}
