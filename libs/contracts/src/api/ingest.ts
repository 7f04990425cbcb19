import { z } from 'zod';
import { countSchema, logPositionSchema } from '../values.ts';
import { problemSchema } from './problem.ts';

/** Media type of one event in structured mode. */
export const CLOUD_EVENT_MEDIA_TYPE = 'application/cloudevents+json';
/** Media type of a batch: a JSON array of events in structured mode. */
export const CLOUD_EVENT_BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json';

/** What became of one event that was sent. `(source, id)` that came before is a duplicate, and harmless. */
export const ingestResultSchema = z.object({
  id: z.string(),
  source: z.string(),
  status: z.enum(['accepted', 'duplicate', 'rejected']),
  position: logPositionSchema.optional().describe('In the log; absent when it was rejected'),
  problem: problemSchema.optional().describe('Present when it was rejected'),
});
/** What became of one event that was sent. */
export type IngestResult = Readonly<z.output<typeof ingestResultSchema>>;

/** What became of a batch, item by item in the order sent; a bad item does not stop the others. */
export const ingestBatchResultSchema = z.object({
  accepted: countSchema,
  duplicates: countSchema,
  rejected: countSchema,
  items: z.array(ingestResultSchema),
  position: logPositionSchema.optional().describe('Of the newest of these events; absent when all were rejected'),
});
/** What became of a batch. */
export type IngestBatchResult = Readonly<z.output<typeof ingestBatchResultSchema>>;
