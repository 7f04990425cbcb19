/** How a rebuild is getting on. */
export type RebuildProgress = Readonly<{
  phase: 'folding' | 'comparing' | 'switching';
  /** Position up to which events are folded, and the one that is to be reached. */
  done: number;
  total: number;
  eventsPerSecond: number;
  /** `undefined` until it can be told. */
  remainingMs: number | undefined;
}>;
