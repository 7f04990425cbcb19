import { MINUTE_MS, SECOND_MS, tenantId } from '#libs/kernel';
import { heartbeatSubject, type Heartbeat } from '#libs/contracts';
import type { AgentDefinition } from '#libs/agent-kit';
import { createCheckpoint, LeasedWork, readCheckpoint, WakeSignal } from '#libs/event-store';
import type { Bus } from '#libs/messaging';
import { reportError } from '#libs/observability';
import type { AgentConfiguration } from '../config.ts';
import { agentCheckpoint, AgentRun, type AgentRunTools } from './agent-run.ts';
import { AssessmentRecord } from './assessment-record.ts';
import type { AgentLifecycles } from './agent-lifecycle.ts';
import type { AgentLifecycle } from './domain/agent-lifecycle.ts';
import { situationRows } from './read-models/situations/situation.projection.ts';

export type AgentRunnerTools = Omit<AgentRunTools, 'home'> &
  Readonly<{ configuration: AgentConfiguration; bus: Bus; lifecycles: AgentLifecycles }>;

const POLL_MS = SECOND_MS;
const FOLLOWED_POLL_MS = 50;
const LAST_RETRY_MS = MINUTE_MS;

/** Runs one agent on one instance at a time, and says that it is alive. */
export class AgentRunner<Book> {
  private readonly agent: AgentDefinition<Book>;
  private readonly tools: AgentRunnerTools & AgentRunTools;
  private readonly wake = new WakeSignal();
  private readonly rest = new WakeSignal();
  private readonly work: LeasedWork;
  private readonly record: AssessmentRecord;
  private unsubscribe: (() => void) | undefined;
  private status: AgentLifecycle = 'new';
  /** Assessments in a row that could not be finished, or in which a detector failed. */
  private failures = 0;
  private lastAssessmentAt: string | undefined;

  constructor(agent: AgentDefinition<Book>, tools: AgentRunnerTools) {
    this.agent = agent;
    this.tools = { ...tools, home: tenantId(tools.configuration.DEFAULT_TENANT) };
    this.record = new AssessmentRecord(agent.id, this.tools);
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
    await createCheckpoint(this.tools.database, agentCheckpoint(this.agent.id), 1);
    await this.startAgent();
    const heartbeat = setInterval(() => {
      this.sayAlive();
    }, this.tools.configuration.HEARTBEAT_INTERVAL_MS);
    try {
      this.sayAlive();
      while (!signal.aborted) await this.assessUntilFailure(signal);
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** A run that failed knows more than the log does, so the next attempt begins with what the log says. */
  private async assessUntilFailure(signal: AbortSignal): Promise<void> {
    let startedAt = this.tools.clock.now();
    try {
      if (!(await this.situationsFollowed(signal))) return;
      const run = await AgentRun.open(this.agent, this.tools);
      while (!signal.aborted) {
        startedAt = this.tools.clock.now();
        await this.assess(run, signal);
      }
      await run.save();
    } catch (error) {
      // Given up halfway, and nothing was recorded: whoever runs next assesses the same facts.
      if (signal.aborted) return;
      await this.tell(error, startedAt);
      await this.rest.wait(Math.min(SECOND_MS * 2 ** (this.failures - 1), LAST_RETRY_MS), signal);
    }
  }

  private async assess(run: AgentRun<Book>, signal: AbortSignal): Promise<void> {
    this.status = await this.tools.lifecycles.stateOf(this.agent.id);
    if (this.status !== 'running') {
      await this.wake.wait(POLL_MS, signal);
      await this.rest.wait(this.tools.configuration.ASSESSMENT_INTERVAL_MS, signal);
      return;
    }
    const { hasMore, isWorthTelling, failedLooks } = await run.next(signal);
    if (isWorthTelling) {
      this.failures = failedLooks > 0 ? this.failures + 1 : 0;
      this.lastAssessmentAt = this.tools.clock.now().toISOString();
    }
    if (hasMore) return;
    await this.wake.wait(POLL_MS, signal);
    await this.rest.wait(this.tools.configuration.ASSESSMENT_INTERVAL_MS, signal);
  }

  /** With the situations known up to the log's end, none is decided twice. @returns false when the work must end */
  private async situationsFollowed(signal: AbortSignal): Promise<boolean> {
    const { database, store } = this.tools;
    const head = await store.head();
    const { name, version } = situationRows;
    while (!signal.aborted) {
      if ((await readCheckpoint(database, name, version)).position >= head) return true;
      await this.rest.wait(FOLLOWED_POLL_MS, signal);
    }
    return false;
  }

  private async tell(error: unknown, startedAt: Date): Promise<void> {
    this.failures += 1;
    this.tools.logger.error({ err: error, agent: this.agent.id, failures: this.failures }, 'assessment failed');
    reportError(error, { component: 'agent', agentId: this.agent.id });
    this.tools.metrics.assessments.add(1, { agentId: this.agent.id, outcome: 'failed' });
    const reason = error instanceof Error ? error.message : String(error);
    await this.tools.store.append(this.record.failed(startedAt, reason, this.failures));
  }

  private async startAgent(): Promise<void> {
    const { lifecycles, configuration } = this.tools;
    const by = `service:agent/${configuration.INSTANCE_ID}`;
    this.status = await lifecycles.turn({ type: 'StartAgent', agentId: this.agent.id, by });
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
