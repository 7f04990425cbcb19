import type { BatchDecision, EventRow, LogState } from '../decide-batch.ts';
import { streamKey } from '../decide-batch.ts';
import type { UnsureStream } from '../known-lane.ts';
import { plainArray, textArray } from './array-literal.ts';

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
    textArray(unsure.map(({ tenant }) => tenant)),
    textArray(unsure.map(({ streamId }) => streamId)),
    plainArray(unsure.map(({ version }) => version)),
    textArray(keys.map(({ tenant }) => tenant)),
    textArray(keys.map(({ key }) => key)),
    textArray(keys.map(({ fingerprint }) => fingerprint)),
    plainArray(keys.map(({ stream_version }) => stream_version)),
    plainArray(keys.map(({ first_position }) => first_position)),
    plainArray(keys.map(({ last_position }) => last_position)),
    textArray(events.map(({ tenant }) => tenant)),
    textArray(events.map(({ stream_id }) => stream_id)),
    textArray(events.map(({ category }) => category)),
    plainArray(events.map(({ slot }) => slot)),
    plainArray(events.map(({ stream_version }) => stream_version)),
    plainArray(newestOfTheirStream(decision)),
    textArray(events.map(({ type }) => type)),
    plainArray(events.map(({ type_version }) => type_version)),
    textArray(events.map(({ id }) => id)),
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
    plainArray(starts.map(({ data }) => data)),
    plainArray(starts.map(({ dataBytes }) => dataBytes)),
    plainArray(starts.map(({ metadata }) => metadata)),
    plainArray(starts.map(({ metadataBytes }) => metadataBytes)),
    Buffer.concat(events.map(({ hash }) => hash)),
    Buffer.from(texts.join('')),
  ];
}
