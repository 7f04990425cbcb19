import type { Detector } from '#libs/agent-kit';
import type { AnalyticsBook } from './analytics-book.ts';

/** Everything that is looked for in the long run; nothing here is urgent. */
export const analyticsDetectors: readonly Detector<AnalyticsBook>[] = [];
