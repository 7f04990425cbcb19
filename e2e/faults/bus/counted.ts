import { z } from 'zod';
import type { RecordedEvent } from '#libs/event-store';
import type { Publication } from '#libs/messaging';

/** How a handler can fail until it is cured: so that it never works, or as a defect that may work the next time. */
export const PoisonKind = z.enum(['refused', 'defect']);
export type PoisonKind = z.infer<typeof PoisonKind>;

const Trouble = {
  /** Name of what the handler fails with. */
  poison: z.object({ name: z.string(), kind: PoisonKind }).optional(),
  /** How long the handler takes. */
  slowMs: z.int().optional(),
};

/** Data of an event of the log under test. */
export const Counted = z.object({ number: z.int(), ...Trouble });
export type Counted = Readonly<z.infer<typeof Counted>>;

/** Data of what is published of it: it says of itself where it stands. */
export const PublishedCounted = Counted.extend({ stream: z.string(), version: z.int() });
export type PublishedCounted = Readonly<z.infer<typeof PublishedCounted>>;

/** Type of the events that are published; those of any other are private. */
export const COUNTED = 'counted';
export const PRIVATE = 'thought';

/** The consumer appends an event of its own because of each tenth. */
export const isAnswered = (number: number): boolean => number % 10 === 0;

export const streamKeyOf = ({ tenant, streamId }: Pick<RecordedEvent, 'tenant' | 'streamId'>): string =>
  `${tenant}/${streamId}`;

export const publication: Publication = (event) => {
  if (event.type !== COUNTED) return undefined;
  const data = Counted.parse(event.data);
  return {
    type: 'steward.agent.counted.v1',
    data: { ...data, stream: streamKeyOf(event), version: event.streamVersion },
  };
};
