import {
  bulkhead,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  retry,
  wrap,
  type IPolicy,
} from 'cockatiel';
import type { Question } from '#libs/agent-kit';
import { SECOND_MS, type Clock } from '#libs/kernel';
import type { Metrics } from '#libs/observability';
import type { ComponentHealth, Logger } from '#libs/service-kit';
import type { DecisionMaker, FindingToJudge, MadeDecision } from '../domain/decision-maker.ts';
import { ClaudeClient, type ClaudeSettings } from './claude-client.ts';
import { failureOf, type CallFailure } from './claude-failures.ts';
import { checkClaudeModel, type ModelVerdict } from './claude-model-check.ts';

export type ClaudeDecisionMakerSettings = ClaudeSettings & Readonly<{ CLAUDE_CONCURRENCY: number }>;

/** Decides with Claude, and by the agent's rules when Claude cannot be used. */
export interface ClaudeDecisionMaker extends DecisionMaker {
  /** Whether Claude can be used now, as far as the latest calls tell. */
  health(): ComponentHealth;
  /** Learns whether the model exists, can answer in a schema and retires; warns, and never rejects. */
  checkModel(): Promise<void>;
}

type Tools = Readonly<{ logger: Logger; metrics: Metrics; clock: Clock }>;

const MOST_RETRIES = 2;
const FIRST_RETRY_MS = 500;
/** After so many calls failed in a row, none is made for a while. */
const FAILURES_UNTIL_OPEN = 5;
const OPEN_MS = 30 * SECOND_MS;
const MOST_WAITING = 1_000;
const MOST_REASON_CHARACTERS = 500;

/** Bulkhead, breaker, retry, call: in this order, so that retries neither take a second place nor count as failures of their own. */
export function claudeDecisionMaker(settings: ClaudeDecisionMakerSettings, tools: Tools): ClaudeDecisionMaker {
  return new ClaudeWithRules(settings, tools);
}

class ClaudeWithRules implements ClaudeDecisionMaker {
  readonly preferred = 'claude';
  private readonly client: ClaudeClient;
  private readonly settings: ClaudeDecisionMakerSettings;
  private readonly tools: Tools;
  private readonly breaker = circuitBreaker(
    handleWhen((error) => failureOf(error).isTransient),
    { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(FAILURES_UNTIL_OPEN) },
  );
  private readonly policy: IPolicy;
  private verdict: ModelVerdict = { status: 'healthy' };
  private blocked: { readonly untilMs: number; readonly reason: string } | undefined;

  constructor(settings: ClaudeDecisionMakerSettings, tools: Tools) {
    this.settings = settings;
    this.tools = tools;
    this.client = new ClaudeClient(settings);
    const retries = retry(
      handleWhen((error) => failureOf(error).isTransient),
      {
        maxAttempts: MOST_RETRIES,
        backoff: new DelegateBackoff(({ attempt, result }) => {
          const failure = 'error' in result ? failureOf(result.error) : undefined;
          return failure?.retryAfterMs ?? FIRST_RETRY_MS * 2 ** (attempt - 1);
        }),
      },
    );
    this.policy = wrap(bulkhead(settings.CLAUDE_CONCURRENCY, MOST_WAITING), this.breaker, retries);
  }

  async decide(toJudge: FindingToJudge, signal: AbortSignal): Promise<MadeDecision> {
    const { finding, isPast, agentId } = toJudge;
    if (finding.question === undefined) return { judgement: finding.byRules(), decidedBy: 'rules' };
    if (isPast) return byRules(toJudge, 'It is about a time more than a day ago: history is decided by rules.');
    try {
      return await this.decideByClaude(finding.question, signal);
    } catch (error) {
      // Whoever stops us lets another instance ask; a decision by rules would only be a worse one.
      if (signal.aborted) throw error;
      const { reason, ...failure } = this.noted(error);
      this.tools.logger.warn({ err: error, agent: agentId, ...failure }, 'Claude could not be used: the rules decide');
      return byRules(toJudge, reason);
    }
  }

  health(): ComponentHealth {
    const { status, trouble, retiresAt } = this.verdict;
    const model = { model: this.settings.CLAUDE_MODEL, ...(retiresAt === undefined ? {} : { retiresAt }) };
    const hindrance = this.currentBlock()?.reason ?? this.openCircuit();
    if (hindrance !== undefined) return { status: 'unhealthy', ...model, error: hindrance };
    return { status, ...model, ...(trouble === undefined ? {} : { error: trouble }) };
  }

  async checkModel(): Promise<void> {
    this.verdict = await checkClaudeModel(this.client, this.settings.CLAUDE_MODEL);
    const { trouble, ...verdict } = this.verdict;
    if (trouble !== undefined) this.tools.logger.warn({ model: this.settings.CLAUDE_MODEL, ...verdict }, trouble);
  }

  private openCircuit(): string | undefined {
    return this.breaker.state === CircuitState.Open ? 'too many calls failed in a row' : undefined;
  }

  private async decideByClaude(asked: Question, signal: AbortSignal): Promise<MadeDecision> {
    const blocked = this.currentBlock();
    if (blocked) throw new Error(blocked.reason);
    const { instructions, facts, answerSchema } = asked;
    const question = { instructions, facts, answerSchema };
    const startedAt = performance.now();
    const { answer, model, inputTokens, outputTokens } = await this.policy.execute(
      (context) => this.measured(() => this.client.ask(question, context.signal)),
      signal,
    );
    const latencyMs = Math.round(performance.now() - startedAt);
    return {
      judgement: asked.judgementOf(answer),
      decidedBy: 'claude',
      model: { name: model, promptVersion: asked.promptVersion, inputTokens, outputTokens, latencyMs },
    };
  }

  private async measured<Result>(call: () => Promise<Result>): Promise<Result> {
    const { metrics } = this.tools;
    const startedAt = performance.now();
    let status = 'error';
    try {
      const result = await call();
      status = 'success';
      return result;
    } finally {
      metrics.integrationRequests.add(1, { integration: 'claude', status });
      metrics.integrationResponseTime.record((performance.now() - startedAt) / SECOND_MS, { integration: 'claude' });
    }
  }

  /** What cannot succeed is not tried again for a while. */
  private noted(error: unknown): CallFailure {
    const failure = failureOf(error);
    if (failure.blockedForMs !== undefined) {
      this.blocked = {
        untilMs: this.tools.clock.now().getTime() + failure.blockedForMs,
        reason: failure.reason,
      };
    }
    return failure;
  }

  private currentBlock(): { readonly reason: string } | undefined {
    return this.blocked && this.blocked.untilMs > this.tools.clock.now().getTime() ? this.blocked : undefined;
  }
}

function byRules({ finding }: FindingToJudge, reason: string): MadeDecision {
  return {
    judgement: finding.byRules(),
    decidedBy: 'rules',
    fallbackReason: reason.slice(0, MOST_REASON_CHARACTERS),
  };
}
