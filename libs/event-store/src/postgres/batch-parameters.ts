import type { BatchDecision, EventRow, LogState } from '../decide-batch.ts';
import { streamKey } from '../decide-batch.ts';
import type { UnsureStream } from '../known-lane.ts';

/** A decided batch, and what it was decided on. */
export type DecidedBatch = Readonly<{
  base: LogState;
  decision: BatchDecision;
  /** Streams whose versions were assumed, not known. */
  unsure: readonly UnsureStream[];
  hasNewTypes: boolean;
}>;

/** The parameters of `append_batch`, in the order of its declaration in the migration. */
export function batchParameters({ base, decision, unsure, hasNewTypes }: DecidedBatch): readonly unknown[] {
  const { events, keys } = decision;
  return [
    base.lane,
    base.head,
    base.hash,
    base.now,
    decision.hash,
    hasNewTypes,
    unsure.map(({ tenant }) => tenant),
    unsure.map(({ streamId }) => streamId),
    unsure.map(({ version }) => version),
    keys.map(({ tenant }) => tenant),
    keys.map(({ key }) => key),
    keys.map(({ fingerprint }) => fingerprint),
    keys.map(({ stream_version }) => stream_version),
    keys.map(({ first_position }) => first_position),
    keys.map(({ last_position }) => last_position),
    events.map(({ tenant }) => tenant),
    events.map(({ stream_id }) => stream_id),
    events.map(({ category }) => category),
    events.map(({ slot }) => slot),
    events.map(({ stream_version }) => stream_version),
    newestOfTheirStream(decision),
    events.map(({ type }) => type),
    events.map(({ type_version }) => type_version),
    events.map(({ id }) => id),
    ...payloadParameters(events),
  ];
}

function newestOfTheirStream({ events, streams }: BatchDecision): readonly boolean[] {
  const newest = new Map(streams.map(({ tenant, stream_id, version }) => [streamKey(tenant, stream_id), version]));
  return events.map(
    ({ tenant, stream_id, stream_version }) => newest.get(streamKey(tenant, stream_id)) === stream_version,
  );
}

/** All texts as one value in Postgres's binary format, so that neither side escapes or parses them, and where each begins. */
function payloadParameters(events: readonly EventRow[]): readonly unknown[] {
  const texts: string[] = [];
  const starts: { data: number; dataBytes: number; metadata: number; metadataBytes: number }[] = [];
  let next = 1; // SQL counts from 1
  let shared: { readonly text: string; readonly start: number; readonly bytes: number } | undefined;
  const add = (text: string): { readonly text: string; readonly start: number; readonly bytes: number } => {
    const slice = { text, start: next, bytes: Buffer.byteLength(text) };
    texts.push(text);
    next += slice.bytes;
    return slice;
  };
  for (const { data, metadata } of events) {
    // The events of one append share their metadata.
    if (shared?.text !== metadata) shared = add(metadata);
    const { start, bytes } = add(data);
    starts.push({ data: start, dataBytes: bytes, metadata: shared.start, metadataBytes: shared.bytes });
  }
  return [
    starts.map(({ data }) => data),
    starts.map(({ dataBytes }) => dataBytes),
    starts.map(({ metadata }) => metadata),
    starts.map(({ metadataBytes }) => metadataBytes),
    Buffer.concat(events.map(({ hash }) => hash)),
    Buffer.from(texts.join('')),
  ];
}
