export { eventually, type EventuallyOptions } from './eventually.ts';
export { fixedClock, type FixedClock } from './fixed-clock.ts';
export { given, type Outcome } from './given.ts';
export { listenOnLoopback, type Listening } from './loopback.ts';
export { startOtlpCollector, type CollectedSpan, type OtlpCollector } from './otlp-collector.ts';
export { sequentialIds, type SequentialIds } from './sequential-ids.ts';
export { createTestDatabase, execute, type TestDatabase } from './test-database.ts';
