import { wantedPositionSchema, type EpochPosition } from '#libs/contracts';
import type { PositionGate } from './position-gate.ts';
import { MalformedPosition } from './read.errors.ts';

/**
 * How far the read models are for a reader that may name, in a header, a position to wait for.
 * @throws MalformedPosition, OtherEpoch, UnknownPosition, ReadModelBehind, StoreUnavailable
 */
export async function reachedFor(
  gate: PositionGate,
  text: string | undefined,
  headerName: string,
): Promise<EpochPosition> {
  if (text === undefined) return gate.reached();
  const wanted = wantedPositionSchema.safeParse(text);
  if (!wanted.success) throw new MalformedPosition(text, `#/header/${headerName.toLowerCase()}`);
  return gate.waitFor(wanted.data);
}
