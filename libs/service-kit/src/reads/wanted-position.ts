import { wantedPositionSchema, type EpochPosition } from '#libs/contracts';
import type { PositionGate } from './position-gate.ts';
import { MalformedPosition } from './read.errors.ts';

/** What a reader names in a header: the position to wait for, and how long it can wait, if that is not long. */
export type WantedHeader = Readonly<{ name: string; text: string | undefined; atMostMs?: number }>;

/**
 * How far the read models are for a reader that may name, in a header, a position to wait for.
 * @throws MalformedPosition, OtherEpoch, UnknownPosition, ReadModelBehind, StoreUnavailable
 */
export async function reachedFor(gate: PositionGate, { name, text, atMostMs }: WantedHeader): Promise<EpochPosition> {
  if (text === undefined) return gate.reached();
  const wanted = wantedPositionSchema.safeParse(text);
  if (!wanted.success) throw new MalformedPosition(text, `#/header/${name.toLowerCase()}`);
  return gate.waitFor(wanted.data, atMostMs);
}
