export { eventually, type EventuallyOptions } from './eventually.ts';
export { fixedClock, type FixedClock } from './fixed-clock.ts';
export { given, type Outcome } from './given.ts';
export { sequentialIds, type SequentialIds } from './sequential-ids.ts';
