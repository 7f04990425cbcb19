export { aBusinessEvent, anItemRegistered, aStockMovement, type StockMovement } from './business-event-builders.ts';
export { claudeAnswers, type ClaudeAnswer } from './claude-answers.ts';
export { CLAUDE_API_VERSION, claudeModel, type ClaudeRequestBody } from './claude-rules.ts';
export { checkDeciderLaws, type DeciderLaws } from './decider-laws.ts';
export { eventually, type EventuallyOptions } from './eventually.ts';
export { startFakeClaude, type FakeClaude, type FakeClaudeOptions, type RecordedRequest } from './fake-claude.ts';
export { startFaultProxy, type FaultProxy, type FaultProxyOptions } from './fault-proxy.ts';
export { fixedClock, type FixedClock } from './fixed-clock.ts';
export { given, type Outcome } from './given.ts';
export { listenOnLoopback, type Listening } from './loopback.ts';
export { openProducingLog } from './open-producing-log.ts';
export type { ProducingLog, ProducingLogOptions, Told, ToldAbout } from './producing-log.ts';
export { startOtlpCollector, type CollectedSpan, type OtlpCollector } from './otlp-collector.ts';
export { sequentialIds, type SequentialIds } from './sequential-ids.ts';
export {
  createTestDatabase,
  databaseSettings,
  execute,
  type ServiceLogins,
  type TestDatabase,
} from './test-database.ts';
export { playAgent } from './play-agent.ts';
export type { Happening, PlayedAgent, PlayedDecision } from './play-agent.ts';
