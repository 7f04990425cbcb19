import { z } from 'zod';

/** What the programs of a run say on stdout, one JSON document a line. */
export const Line = z.discriminatedUnion('line', [
  z.object({ line: z.literal('ready') }),
  /** The load pauses, and nothing of it is under way. */
  z.object({ line: z.literal('paused') }),
  /** Something failed and is tried again by the program itself. */
  z.object({ line: z.literal('trouble'), instance: z.string(), what: z.string() }),
  /** A relay found that the broker had lost something. */
  z.object({ line: z.literal('refill'), instance: z.string(), from: z.int() }),
  z.object({ line: z.literal('done') }),
]);
export type Line = Readonly<z.infer<typeof Line>>;

/** The words that a run sends. */
export type Word = 'load' | 'pause' | 'stop';
