import { streamId, type StreamId } from '#libs/kernel';
import { decisionSchema, type DecisionMade } from '#libs/contracts';
import type { EventType } from '#libs/event-store';
import { z } from 'zod';

/** The stream of one situation: raised once, and again only after it was cleared. */
export function findingStreamId(agentId: string, key: string): StreamId {
  return streamId('finding', `${agentId}:${key}`);
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
export const findingClearedSchema = z.object({ agentId: z.string(), key: z.string(), clearedAt: z.string() });
