import { MINUTE_MS, SECOND_MS, streamId, tenantId, type Clock, type IdSource, type TenantId } from '#libs/kernel';
import { heartbeatSubject, type DecisionMade, type Heartbeat } from '#libs/contracts';
import {
  createCheckpoint,
  LeasedWork,
  lockCheckpoint,
  moveCheckpoint,
  position,
  readCheckpoint,
  START,
  WakeSignal,
  type Database,
  type EventStore,
  type NewEvent,
} from '#libs/event-store';
import type { Bus } from '#libs/messaging';
import { reportError, type Metrics } from '#libs/observability';
import { eventMetadata, type Logger } from '#libs/service-kit';
import type { AgentConfiguration } from '../config.ts';
import { assess, type Assessment } from './assessment.ts';
import type { AgentDefinition, Subjects } from './domain/agent-definition.ts';
import type { AgentLifecycles } from './agent-lifecycle.ts';
import type { AgentLifecycle } from './domain/agent-lifecycle.ts';
import type { DecisionMaker } from './domain/decision-maker.ts';
import { ASSESSMENT_COMPLETED, ASSESSMENT_FAILED } from './finding-events.ts';
import { findingRows } from './read-models/findings/finding.projection.ts';

export type AgentRunnerTools = Readonly<{
  configuration: AgentConfiguration;
  database: Database;
  store: EventStore;
  bus: Bus;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  metrics: Metrics;
  maker: DecisionMaker;
  lifecycles: AgentLifecycles;
}>;

/** More subjects than this wait for the next assessment, which follows at once. */
const SUBJECTS_PER_ASSESSMENT = 200;
const POLL_MS = SECOND_MS;
const LAST_RETRY_MS = MINUTE_MS;

/**
 * Runs one agent on one instance at a time: assesses what changed, records what was decided, says that it is alive.
 *
 * Correct without the lease: decisions are appended at the version that was read, with the run's checkpoint, so of two
 * runners over the same facts one is refused. A model is asked outside of any transaction (ADR-0005).
 */
export class AgentRunner<Facts> {
  private readonly agent: AgentDefinition<Facts>;
  private readonly tools: AgentRunnerTools;
  private readonly wake = new WakeSignal();
  private readonly work: LeasedWork;
  private readonly home: TenantId;
  private unsubscribe: (() => void) | undefined;
  private status: AgentLifecycle = 'new';
  private failures = 0;
  /** End of the log when findings were last written: with findings known up to here, none is decided twice. */
  private decidedUpTo = START;
  private lastAssessmentAt: string | undefined;

  constructor(agent: AgentDefinition<Facts>, tools: AgentRunnerTools) {
    this.agent = agent;
    this.tools = tools;
    this.home = tenantId(tools.configuration.DEFAULT_TENANT);
    this.work = new LeasedWork({
      database: tools.database,
      name: `agent:${agent.id}`,
      owner: tools.configuration.INSTANCE_ID,
      work: (signal) => this.run(signal),
      onFailure: (error) => {
        tools.logger.error({ err: error, agent: agent.id }, 'the agent stopped; it starts anew');
      },
    });
  }

  start(): void {
    this.unsubscribe = this.tools.store.onCommit(() => {
      this.wake.notify();
    });
    this.work.start();
  }

  /** Finishes the assessment under way, and lets another instance go on at once. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    await this.work.stop();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { database, configuration } = this.tools;
    await createCheckpoint(database, this.checkpoint, 1);
    await this.startAgent();
    this.decidedUpTo = await this.tools.store.head();
    const heartbeat = setInterval(() => {
      this.sayAlive();
    }, configuration.HEARTBEAT_INTERVAL_MS);
    try {
      this.sayAlive();
      await this.assessUntil(signal);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async assessUntil(signal: AbortSignal): Promise<void> {
    const rest = new WakeSignal();
    while (!signal.aborted) {
      this.status = await this.tools.lifecycles.stateOf(this.agent.id);
      const more = this.status === 'running' && (await this.tryAssessment(signal));
      if (this.failures > 0) await rest.wait(Math.min(SECOND_MS * 2 ** (this.failures - 1), LAST_RETRY_MS), signal);
      else if (!more) await this.wake.wait(POLL_MS, signal);
      await rest.wait(this.tools.configuration.ASSESSMENT_INTERVAL_MS, signal);
    }
  }

  /** @returns whether more subjects wait. A failure is recorded, and the same subjects are assessed again. */
  private async tryAssessment(signal: AbortSignal): Promise<boolean> {
    const startedAt = this.tools.clock.now();
    try {
      const more = await this.assessOnce(startedAt, signal);
      this.failures = 0;
      return more;
    } catch (error) {
      // Given up halfway, and nothing was recorded: whoever runs next assesses the same subjects.
      if (signal.aborted) return false;
      await this.recordFailure(error, startedAt);
      return false;
    }
  }

  private async assessOnce(startedAt: Date, signal: AbortSignal): Promise<boolean> {
    const { clock, ids, maker, database } = this.tools;
    const findings = await readCheckpoint(database, findingRows.name, findingRows.version);
    if (findings.position < this.decidedUpTo) return false;
    const { position: since } = await readCheckpoint(database, this.checkpoint, 1);
    const subjects = await this.agent.subjectsSince(since, SUBJECTS_PER_ASSESSMENT);
    if (subjects.logPosition <= since) return false;
    const assessment = await assess(this.agent, subjects, {
      maker,
      clock,
      ids,
      signal,
      onDecision: (decision, durationMs) => {
        this.noteDecision(decision, durationMs);
      },
    });
    await this.commit(since, { subjects, assessment, startedAt });
    return subjects.more;
  }

  /** Called in the decision's own trace, so that its line in the log is found by the trace. */
  private noteDecision(decision: DecisionMade, durationMs: number): void {
    const { logger, metrics } = this.tools;
    const { decisionId, decisionType, subjectRef, decidedBy, confidence } = decision;
    const agentId = this.agent.id;
    logger.info({ agentId, decisionId, decisionType, subjectRef, decidedBy, confidence }, 'agent decides');
    metrics.decisions.add(1, { agentId, decisionType });
    metrics.decisionDuration.record(durationMs / SECOND_MS, { agentId });
    metrics.confidence.set(confidence, { agentId });
  }

  /** Decisions, the assessment itself and the checkpoint become true together, if nobody else has moved the checkpoint. */
  private async commit(
    since: number,
    done: { readonly subjects: Subjects<Facts>; readonly assessment: Assessment; readonly startedAt: Date },
  ): Promise<void> {
    const { store } = this.tools;
    const { subjects, assessment } = done;
    await store.transaction(async (transaction) => {
      const locked = await lockCheckpoint(transaction, this.checkpoint, 1);
      if (locked !== since) throw new Error(`Another instance has assessed beyond position ${since}.`);
      for (const append of assessment.appends) transaction.append(append);
      if (subjects.subjects.length > 0) transaction.append(this.ownAppend(this.completed(done)));
      await moveCheckpoint(transaction, this.checkpoint, 1, position(subjects.logPosition));
    });
    if (assessment.appends.length > 0) this.decidedUpTo = await store.head();
    if (subjects.subjects.length > 0) this.lastAssessmentAt = this.tools.clock.now().toISOString();
  }

  private completed({ subjects, assessment, startedAt }: Parameters<AgentRunner<Facts>['commit']>[1]): NewEvent {
    return {
      type: ASSESSMENT_COMPLETED,
      typeVersion: 1,
      data: {
        ...this.runOf(startedAt),
        logPosition: subjects.logPosition,
        subjectsAssessed: subjects.subjects.length,
        findings: assessment.findings,
        decisions: assessment.decisions,
      },
    };
  }

  private async recordFailure(error: unknown, startedAt: Date): Promise<void> {
    const { store, logger } = this.tools;
    this.failures += 1;
    logger.error({ err: error, agent: this.agent.id, failures: this.failures }, 'assessment failed');
    reportError(error, { component: 'agent', agentId: this.agent.id });
    const reason = error instanceof Error ? error.message : String(error);
    const data = { ...this.runOf(startedAt), reason: reason.slice(0, 2_000), consecutiveFailures: this.failures };
    await store.append(this.ownAppend({ type: ASSESSMENT_FAILED, typeVersion: 1, data }));
  }

  private runOf(startedAt: Date): { assessmentId: string; agentId: string; startedAt: string; durationMs: number } {
    const { clock, ids } = this.tools;
    return {
      assessmentId: ids.next(),
      agentId: this.agent.id,
      startedAt: startedAt.toISOString(),
      durationMs: Math.max(0, clock.now().getTime() - startedAt.getTime()),
    };
  }

  private ownAppend(event: NewEvent): Parameters<EventStore['append']>[0] {
    const { clock, ids } = this.tools;
    return {
      tenant: this.home,
      streamId: streamId('assessment', this.agent.id),
      expected: 'any',
      events: [event],
      metadata: eventMetadata({ clock, ids, actor: `agent:${this.agent.id}` }),
    };
  }

  private async startAgent(): Promise<void> {
    const { lifecycles, configuration } = this.tools;
    const by = `service:agent/${configuration.INSTANCE_ID}`;
    this.status = await lifecycles.turn({ type: 'StartAgent', agentId: this.agent.id, by });
  }

  private get checkpoint(): string {
    return `agent:${this.agent.id}`;
  }

  private sayAlive(): void {
    const { bus, clock, configuration } = this.tools;
    const heartbeat: Heartbeat = {
      service: 'agent',
      instanceId: configuration.INSTANCE_ID,
      component: this.agent.id,
      kind: 'agent',
      status: this.status === 'paused' ? 'paused' : this.failures > 0 ? 'failing' : 'running',
      at: clock.now().toISOString(),
      consecutiveFailures: this.failures,
      ...(this.lastAssessmentAt === undefined ? {} : { lastAssessmentAt: this.lastAssessmentAt }),
    };
    bus.publish(heartbeatSubject('agent', this.agent.id), JSON.stringify(heartbeat));
  }
}
