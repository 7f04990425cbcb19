import { timeZone, type TenantId, type TimeZone } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import type { AgentDefinition } from './agent.ts';
import { BusinessClock, type ClockState } from './business-clock.ts';
import type { BusinessFact, FactPlace } from './business-fact.ts';
import type { Detection, Detector, Look } from './detector.ts';
import type { Finding } from './finding.ts';
import { changeOf, KnownFindings, type FindingState } from './finding-state.ts';
import { firstDueAfter, latestDue, windowsBetween, type Schedule, type Window } from './schedule.ts';

/** A fact as the log tells it, before its time is known. */
export type LoggedFact = Readonly<{ occurredAtMs: number; recordedAtMs: number }> &
  Omit<FactPlace, 'atMs' | 'local'> &
  (BusinessFact extends infer Fact ? (Fact extends BusinessFact ? Pick<Fact, 'type' | 'data'> : never) : never);

/** What set a look off, so that what follows stays in its trace. */
export type Trigger = Pick<FactPlace, 'eventId' | 'correlationId' | 'traceparent' | 'position'>;

type Looked = Readonly<{
  detectorId: string;
  subject: string;
  key: string;
  atMs: number;
  trigger: Trigger;
  /** What was seen is the log up to here. */
  logPosition: number;
}>;

/** What an assessment leads to, in order. */
export type Assessed =
  | (Looked &
      Readonly<{
        kind: 'decide';
        change: 'opened' | 'changed';
        decisionType: string;
        findingKind: Detector<never>['kind'];
        finding: Finding;
      }>)
  | (Looked & Readonly<{ kind: 'clear' }>)
  | Readonly<{ kind: 'failed'; detectorId: string; error: unknown; atMs: number }>;

/** How far an assessor is, apart from its book. */
export type AssessorProgress = Readonly<{
  clock: ClockState | undefined;
  /** When each scheduled detector last had its turn. */
  turns: Readonly<Record<string, number>>;
  position: number;
}>;

/** What an assessor begins with, besides its agent and tenant. */
export type AssessorStart<Book> = Readonly<{
  settings: BusinessSettings;
  book?: Book;
  progress?: AssessorProgress;
  findings?: Iterable<FindingState>;
}>;

/**
 * One agent at work on one business: enters facts in its book, in the log's order, and looks where its detectors say so.
 * Pure: the same facts, settings and moments lead to the same findings, however fast they come. What is decided about them, and what
 * becomes of that, is the caller's.
 */
export class Assessor<Book> {
  readonly tenant: TenantId;
  readonly #agent: AgentDefinition<Book>;
  readonly #book: Book;
  readonly #clock: BusinessClock;
  readonly #findings: KnownFindings;
  readonly #turns: Map<string, number>;
  #settings: BusinessSettings;
  #zone: TimeZone;
  #position: number;
  #turnsTaken = 0;
  #lastFact: Trigger = { eventId: '', correlationId: '', traceparent: null, position: 0 };
  /** When each schedule comes due next, and the least of it: saves asking each of them at each fact. */
  readonly #nextDue = new Map<string, number>();
  #nothingDueUntilMs = 0;

  constructor(agent: AgentDefinition<Book>, tenant: TenantId, start: AssessorStart<Book>) {
    this.tenant = tenant;
    this.#agent = agent;
    this.#book = start.book ?? agent.bookKeeping.open();
    this.#clock = new BusinessClock(start.progress?.clock);
    this.#turns = new Map(Object.entries(start.progress?.turns ?? {}));
    this.#position = start.progress?.position ?? 0;
    this.#findings = new KnownFindings(start.findings);
    this.#settings = start.settings;
    this.#zone = timeZone(start.settings.business.timeZone);
  }

  get book(): Readonly<Book> {
    return this.#book;
  }

  get settings(): BusinessSettings {
    return this.#settings;
  }

  get progress(): AssessorProgress {
    return { clock: this.#clock.state, turns: Object.fromEntries(this.#turns), position: this.#position };
  }

  /** How many turns schedules have had; it tells whether one came. */
  get turnsTaken(): number {
    return this.#turnsTaken;
  }

  /** From here on other thresholds hold. */
  useSettings(settings: BusinessSettings): void {
    this.#settings = settings;
    this.#zone = timeZone(settings.business.timeZone);
    this.#nextDue.clear();
    this.#nothingDueUntilMs = 0;
  }

  /** Enters a fact without looking: it was assessed before, and only the book is made anew. */
  recall(logged: LoggedFact): void {
    const fact = this.#factOf(logged);
    this.#agent.bookKeeping.enter(this.#book, fact, this.#settings);
    this.#lastFact = triggerOf(fact);
  }

  /** Gives each schedule its turn that came due before the fact, enters the fact, and looks at what it changed. */
  take(logged: LoggedFact): readonly Assessed[] {
    const fact = this.#factOf(logged);
    const assessed = this.#clock.state ? this.#takeTurns(fact.atMs, triggerOf(fact)) : [];
    this.#clock.hear(fact.atMs, logged.recordedAtMs);
    this.#lastFact = triggerOf(fact);
    this.#position = fact.position;
    const entered = this.#guarded('book', fact.atMs, () => {
      this.#agent.bookKeeping.enter(this.#book, fact, this.#settings);
      return [];
    });
    return [...assessed, ...entered, ...this.#lookAfter(fact)];
  }

  /** Gives each schedule its turn that has come due while nothing happened. @param idleMs how long nothing came */
  takeIdleTurns(nowMs: number, idleMs: number): readonly Assessed[] {
    const atMs = this.#clock.whenIdle(nowMs, idleMs, this.#settings);
    return atMs === undefined ? [] : this.#takeTurns(atMs, this.#lastFact);
  }

  #factOf({ occurredAtMs, recordedAtMs, ...fact }: LoggedFact): BusinessFact {
    const atMs = BusinessClock.timeOf({ occurredAtMs, recordedAtMs }, this.#settings);
    return { ...fact, atMs, local: this.#zone.at(atMs) };
  }

  #lookAfter(fact: BusinessFact): readonly Assessed[] {
    if (!this.#agent.isEnabled(this.#settings)) return [];
    return this.#agent.detectors.flatMap((detector) => {
      if (!detector.onFact?.types.includes(fact.type)) return [];
      const { look } = detector.onFact;
      return this.#settled(detector, { atMs: fact.atMs, trigger: triggerOf(fact), turn: fact.eventId }, () =>
        look({ ...this.#lookAt(fact.atMs), fact }),
      );
    });
  }

  #takeTurns(untilMs: number, trigger: Trigger): readonly Assessed[] {
    if (untilMs < this.#nothingDueUntilMs || !this.#agent.isEnabled(this.#settings)) return [];
    const due = this.#agent.detectors
      .flatMap((detector) => this.#windowsOf(detector, untilMs).map((window) => ({ detector, window })))
      .toSorted((left, right) => left.window.dueMs - right.window.dueMs);
    this.#nothingDueUntilMs = Math.min(...this.#nextDue.values());
    return due.flatMap(({ detector, window }) => {
      this.#turns.set(detector.id, window.dueMs);
      this.#turnsTaken += 1;
      const look = detector.onSchedule?.look;
      if (!look) return [];
      return this.#settled(detector, { atMs: window.dueMs, trigger, turn: window.id }, () =>
        look({ ...this.#lookAt(window.dueMs), window }),
      );
    });
  }

  #windowsOf(detector: Detector<Book>, untilMs: number): readonly Window[] {
    if (!detector.onSchedule || untilMs < (this.#nextDue.get(detector.id) ?? 0)) return [];
    const { schedule } = detector.onSchedule;
    const place = { untilMs, zone: this.#zone, settings: this.#settings };
    const windows = windowsBetween(schedule, { ...place, afterMs: this.#lastTurnMs(detector.id, schedule, untilMs) });
    this.#nextDue.set(detector.id, firstDueAfter(schedule, untilMs, this.#zone, this.#settings) ?? Infinity);
    return windows;
  }

  /** A schedule begins with the first turn that comes due after its detector got to know the business. */
  #lastTurnMs(detectorId: string, schedule: Schedule, untilMs: number): number {
    const known = this.#turns.get(detectorId);
    if (known !== undefined) return known;
    const toldMs = this.#clock.state?.toldMs ?? untilMs;
    this.#turns.set(detectorId, latestDue(schedule, toldMs, this.#zone, this.#settings) ?? toldMs);
    return toldMs;
  }

  #lookAt(atMs: number): Look<Book> {
    return {
      book: this.#book,
      settings: this.#settings,
      tenant: this.tenant,
      atMs,
      local: this.#zone.at(atMs),
      logPosition: this.#position,
    };
  }

  /** A detector that fails hinders no other, and nobody takes its silence for health. */
  #guarded(detectorId: string, atMs: number, work: () => readonly Assessed[]): readonly Assessed[] {
    try {
      return work();
    } catch (error) {
      return [{ kind: 'failed', detectorId, error, atMs }];
    }
  }

  #settled(
    detector: Detector<Book>,
    moment: Moment & Readonly<{ turn: string }>,
    look: () => Detection,
  ): readonly Assessed[] {
    return this.#guarded(detector.id, moment.atMs, () => {
      const detection = look();
      return detector.kind === 'occurrence'
        ? detection.findings.map((finding) => this.#case(detector, finding, { ...moment, change: 'opened' }))
        : this.#situations(detector, detection, { atMs: moment.atMs, trigger: moment.trigger });
    });
  }

  #situations(detector: Detector<Book>, { looked, findings }: Detection, moment: Moment): readonly Assessed[] {
    const found = new Set(findings.map(({ subject }) => subject));
    const over = this.#findings.open(detector.id, looked).filter(({ subject }) => !found.has(subject));
    const cleared = over.map((state): Assessed => {
      this.#findings.close(state, moment.atMs, detector);
      const { key, subject } = state;
      return { kind: 'clear', key, subject, detectorId: detector.id, ...moment, logPosition: this.#position };
    });
    const toDecide = findings.flatMap((finding) => {
      const known = this.#findings.get(detector.id, finding.subject);
      const change = changeOf(finding, known, { atMs: moment.atMs, coolDownHours: detector.coolDownHours });
      if (change === 'unchanged' || change === 'cooling-down') return [];
      const toDecide = this.#case(detector, finding, { ...moment, change });
      this.#findings.put(stateOf(detector.id, finding, moment.atMs));
      return [toDecide];
    });
    return [...cleared, ...toDecide];
  }

  #case(detector: Detector<Book>, finding: Finding, { atMs, trigger, turn, change }: CaseMoment): Assessed {
    const { id: detectorId, decisionType, kind: findingKind } = detector;
    const { subject } = finding;
    // Judged here, though perhaps nobody will ask: when the caller decides, the book has gone on.
    const judgement = finding.byRules();
    return {
      kind: 'decide',
      ...{ change, detectorId, decisionType, findingKind, subject, atMs, trigger },
      finding: { ...finding, byRules: () => judgement },
      key: turn === undefined ? keyOf(detectorId, subject) : `${keyOf(detectorId, subject)}:${turn}`,
      logPosition: this.#position,
    };
  }
}

type Moment = Readonly<{ atMs: number; trigger: Trigger }>;
/** An occurrence names the fact or window in its key, so that the next one is another. */
type CaseMoment = Moment & Readonly<{ turn?: string; change: 'opened' | 'changed' }>;

const keyOf = (detectorId: string, subject: string): string => `${detectorId}:${subject}`;

const triggerOf = ({ eventId, correlationId, traceparent, position }: FactPlace): Trigger => ({
  eventId,
  correlationId,
  traceparent,
  position,
});

function stateOf(detectorId: string, { subject, state, grade }: Finding, decidedAtMs: number): FindingState {
  return { key: keyOf(detectorId, subject), detectorId, subject, state, grade, isOpen: true, decidedAtMs };
}
