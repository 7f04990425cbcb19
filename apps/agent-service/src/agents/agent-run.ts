import { MINUTE_MS, SECOND_MS, type Clock, type IdSource, type TenantId } from '#libs/kernel';
import type { AgentDefinition } from '#libs/agent-kit';
import type { DecisionMade } from '#libs/contracts';
import {
  lockCheckpoint,
  moveCheckpoint,
  position,
  readCheckpoint,
  START,
  type Append,
  type Database,
  type EventStore,
} from '#libs/event-store';
import { reportError, type Metrics } from '#libs/observability';
import type { Logger } from '#libs/service-kit';
import { AssessmentRecord } from './assessment-record.ts';
import { decideFindings } from './decide-findings.ts';
import type { DecisionMaker } from './domain/decision-maker.ts';
import { SettingsHistory } from './settings-history.ts';
import { TenantAssessors, type AssessedOfTenant, type Stretch } from './tenant-assessors.ts';

export type AgentRunTools = Readonly<{
  database: Database;
  store: EventStore;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  metrics: Metrics;
  maker: DecisionMaker;
  /** The tenant from whom others inherit settings, and to whom assessments belong. */
  home: TenantId;
}>;

/** How a run ended. */
export type RunResult = Readonly<{
  /** More of the log waits. */
  hasMore: boolean;
  /** Something was there to assess. */
  isWorthTelling: boolean;
  /** Looks that failed. */
  failedLooks: number;
}>;

const EVENTS_PER_RUN = 500;
/** A model is asked about this many at most before what it said is kept. */
const DECISIONS_PER_RUN = 50;
const FACTS_UNTIL_SAVED = 5_000;
const SAVE_EVERY_MS = 5 * MINUTE_MS;

/** Name of an agent's checkpoint. */
export const agentCheckpoint = (agentId: string): string => `agent:${agentId}`;

/**
 * The runs of one agent on one instance: facts from the log, findings, decisions, one commit. Decisions, the assessment
 * itself, clocks and turns of schedules, and the checkpoint become true together, if nobody else has moved the checkpoint: of two
 * instances that run at once one is refused, and nothing is decided twice. A model is asked outside of any transaction
 * (ADR-0005).
 */
export class AgentRun<Book> {
  private readonly agent: AgentDefinition<Book>;
  private readonly tools: AgentRunTools;
  private readonly assessors: TenantAssessors<Book>;
  private readonly record: AssessmentRecord;
  /** Where the committed checkpoint stands; the log was read up to `readUpTo`. */
  private committed: number = START;
  private readUpTo: number = START;
  /** Runs in a row in which a look failed. */
  private failedRuns = 0;
  private factsSinceSaved = 0;
  private savedAtMs: number;
  private idleSinceMs: number | undefined;

  private constructor(agent: AgentDefinition<Book>, tools: AgentRunTools) {
    const { database, store, home } = tools;
    this.agent = agent;
    this.tools = tools;
    this.record = new AssessmentRecord(agent.id, tools);
    this.assessors = new TenantAssessors(agent, { database, store, settings: new SettingsHistory(store, home) });
    this.savedAtMs = tools.clock.now().getTime();
  }

  /** Makes what the agent knew when it stopped. The read model of situations must have reached the log's end. */
  static async open<Book>(agent: AgentDefinition<Book>, tools: AgentRunTools): Promise<AgentRun<Book>> {
    const run = new AgentRun(agent, tools);
    const { position: checkpoint } = await readCheckpoint(tools.database, agentCheckpoint(agent.id), 1);
    await run.assessors.load(checkpoint);
    run.committed = checkpoint;
    run.readUpTo = checkpoint;
    return run;
  }

  /**
   * Assesses the next stretch of the log and, at its end, what schedules ask for.
   * @throws whatever hinders it; this object then knows more than the log does, and a new one must be opened
   */
  async next(signal: AbortSignal): Promise<RunResult> {
    const { clock } = this.tools;
    const startedAt = clock.now();
    const began = performance.now();
    const { hasMore, ...stretch } = await this.look(startedAt.getTime());
    const lookedMs = performance.now() - began;
    const isWorthTelling = stretch.facts > 0 || stretch.assessed.length > 0;
    const appends = isWorthTelling ? await this.appendsOf(stretch, startedAt, signal) : [];
    const decidedAt = performance.now();
    if (isWorthTelling || this.assessors.hasMoved || stretch.upTo > this.committed)
      await this.commit(appends, stretch.upTo);
    this.readUpTo = stretch.upTo;
    if (isWorthTelling) this.noteRun(lookedMs + performance.now() - decidedAt);
    this.factsSinceSaved += stretch.facts;
    await this.saveNowAndThen();
    return { hasMore, isWorthTelling, failedLooks: stretch.assessed.filter(({ kind }) => kind === 'failed').length };
  }

  /** Saves what the agent knows, so that the next start need not read the log from its beginning. */
  async save(): Promise<void> {
    await this.assessors.saveBooks(this.committed);
    this.factsSinceSaved = 0;
    this.savedAtMs = this.tools.clock.now().getTime();
  }

  private async look(nowMs: number): Promise<Stretch & { hasMore: boolean }> {
    const events = await this.tools.store.readAll({ after: position(this.readUpTo), limit: EVENTS_PER_RUN });
    const last = events.at(-1)?.position ?? START;
    const stretch = await this.assessors.look(events, DECISIONS_PER_RUN);
    if (stretch.facts > 0) this.idleSinceMs = undefined;
    this.tools.metrics.agentLag.set(Math.max(0, last - stretch.upTo), { agentId: this.agent.id });
    if (events.length === EVENTS_PER_RUN || stretch.upTo < last) return { ...stretch, hasMore: true };
    // What agents say about their own work does not count as something that happens.
    this.idleSinceMs ??= nowMs;
    const upTo = Math.max(stretch.upTo, this.readUpTo);
    const turns = this.assessors.lookIdle(nowMs, nowMs - this.idleSinceMs);
    return { ...stretch, assessed: [...stretch.assessed, ...turns], upTo, hasMore: false };
  }

  private async appendsOf(stretch: Stretch, startedAt: Date, signal: AbortSignal): Promise<readonly Append[]> {
    const { maker, clock, ids } = this.tools;
    const decided = await decideFindings(this.agent, stretch.assessed, {
      ...{ maker, clock, ids, signal },
      onDecision: (decision, durationMs) => {
        this.noteDecision(decision, durationMs);
      },
    });
    const decisions = stretch.assessed.filter(({ kind }) => kind === 'decide').length;
    const failed = this.failedLooks(stretch.assessed, startedAt);
    if (failed.length > 0) return [...decided, ...failed];
    this.failedRuns = 0;
    return [
      ...decided,
      this.record.completed(startedAt, { logPosition: stretch.upTo, facts: stretch.facts, decisions }),
    ];
  }

  private async commit(appends: readonly Append[], upTo: number): Promise<void> {
    const checkpoint = agentCheckpoint(this.agent.id);
    await this.tools.store.transaction(async (transaction) => {
      const locked = await lockCheckpoint(transaction, checkpoint, 1);
      if (locked !== this.committed)
        throw new Error(`Another instance has assessed beyond position ${this.committed}.`);
      await this.assessors.writeProgress(transaction);
      await moveCheckpoint(transaction, checkpoint, 1, position(upTo));
      for (const append of appends) transaction.append(append);
    });
    this.committed = upTo;
    this.assessors.noteWritten();
  }

  /**
   * A look that failed is told, since its silence would be taken for health; the same trouble once per run. The run is
   * kept, since looking again at the same would fail again, and counts as failed.
   */
  private failedLooks(assessed: readonly AssessedOfTenant[], startedAt: Date): readonly Append[] {
    const { logger, metrics } = this.tools;
    const agentId = this.agent.id;
    const byReason = Map.groupBy(
      assessed.filter((one) => one.kind === 'failed'),
      ({ detectorId, error }) => `${detectorId}: ${reasonOf(error)}`,
    );
    if (byReason.size > 0) this.failedRuns += 1;
    return [...byReason].map(([reason, failures]) => {
      const error = failures[0]?.error;
      logger.error({ err: error, agent: agentId, times: failures.length }, 'a detector failed');
      reportError(error, { component: 'agent', agentId });
      metrics.assessments.add(failures.length, { agentId, outcome: 'look-failed' });
      return this.record.failed(startedAt, reason, this.failedRuns);
    });
  }

  /** Called in the decision's own trace, so that its line in the log is found by the trace. */
  private noteDecision(decision: DecisionMade, durationMs: number): void {
    const { logger, metrics } = this.tools;
    const { decisionId, decisionType, subjectRef, decidedBy, confidence, businessTime } = decision;
    const agentId = this.agent.id;
    logger.info(
      { agentId, decisionId, decisionType, subjectRef, decidedBy, confidence, businessTime },
      'agent decides',
    );
    metrics.decisions.add(1, { agentId, decisionType });
    metrics.decisionDuration.record(durationMs / SECOND_MS, { agentId });
    metrics.confidence.set(confidence, { agentId });
  }

  private noteRun(durationMs: number): void {
    const agentId = this.agent.id;
    this.tools.metrics.assessments.add(1, { agentId, outcome: 'completed' });
    this.tools.metrics.assessmentDuration.record(durationMs / SECOND_MS, { agentId });
  }

  private async saveNowAndThen(): Promise<void> {
    const isTime = this.tools.clock.now().getTime() - this.savedAtMs >= SAVE_EVERY_MS;
    if (this.factsSinceSaved >= FACTS_UNTIL_SAVED || (isTime && this.factsSinceSaved > 0)) await this.save();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
