import { hash } from 'node:crypto';
import { z } from 'zod';
import { streamId, type StreamId } from '#libs/kernel';
import { decisionSchema, instantSchema, type DecisionMade } from '#libs/contracts';
import type { EventType } from '#libs/event-store';

const LONGEST_ID = 200;
const HASH_CHARACTERS = 16;

/** The stream of one situation or occurrence. A stream's name is bounded: the end of a longer one is told by its hash. */
export function findingStreamId(agentId: string, key: string): StreamId {
  const id = `${agentId}:${key}`;
  if (id.length <= LONGEST_ID) return streamId('finding', id);
  const digest = hash('sha256', id, 'hex').slice(0, HASH_CHARACTERS);
  return streamId('finding', `${id.slice(0, LONGEST_ID - HASH_CHARACTERS - 1)}~${digest}`);
}

export const DECISION_MADE = 'agent.decision-made';
export const FINDING_CLEARED = 'agent.finding-cleared';
export const ASSESSMENT_COMPLETED = 'agent.assessment-completed';
export const ASSESSMENT_FAILED = 'agent.assessment-failed';

/** What agents write into the log, apart from their turns. */
export const AGENT_EVENT_TYPES: readonly EventType[] = [
  DECISION_MADE,
  FINDING_CLEARED,
  ASSESSMENT_COMPLETED,
  ASSESSMENT_FAILED,
].map((type) => ({ type, version: 1 }));

/** A decision as the log keeps it: what is published, and where in the log its causes stand. */
export const recordedDecisionSchema = decisionSchema.extend({
  evidencePositions: z.array(z.int().positive()),
});
export type RecordedDecision = DecisionMade & Readonly<{ evidencePositions: readonly number[] }>;

/** The situation is over; the next time it is decided anew. Not published. */
export const findingClearedSchema = z.object({
  agentId: z.string(),
  key: z.string(),
  clearedAt: instantSchema,
  businessTime: instantSchema.optional(),
});
