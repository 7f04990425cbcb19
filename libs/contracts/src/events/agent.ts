import { z } from 'zod';
import { decisionActionSchema } from '../actions/decision-action.ts';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  actorSchema,
  agentIdSchema,
  countSchema,
  durationMsSchema,
  eventIdSchema,
  idSchema,
  instantSchema,
  logPositionSchema,
  moneySchema,
  nameSchema,
  referenceSchema,
  textSchema,
} from '../values.ts';

/** Claude, or the rules of the agent when Claude cannot be used. */
export const decidedBySchema = z.enum(['rules', 'claude']);
/** Claude, or the rules of the agent when Claude cannot be used. */
export type DecidedBy = z.output<typeof decidedBySchema>;

/** What the model call behind a decision took. */
export const modelUseSchema = z.object({
  name: nameSchema,
  promptVersion: nameSchema,
  inputTokens: countSchema,
  outputTokens: countSchema,
  latencyMs: durationMsSchema,
});

/** One figure that a decision rests on. */
export const figureSchema = z.union([
  z.object({ name: nameSchema, value: z.union([z.number(), z.string(), z.boolean()]), unit: z.string().optional() }),
  z.object({ name: nameSchema, money: moneySchema }),
]);
/** One figure that a decision rests on. */
export type Figure = Readonly<z.output<typeof figureSchema>>;

/** What another agent answered when it was asked. */
export const consultationSchema = z.object({
  agentId: agentIdSchema,
  question: textSchema(500),
  answer: textSchema(2_000),
  figures: z.array(figureSchema).max(50),
  logPosition: logPositionSchema.describe('The answer is of the log up to here'),
});
/** What another agent answered when it was asked. */
export type Consultation = Readonly<z.output<typeof consultationSchema>>;

/** What a decision rests on. */
export const evidenceSchema = z.object({
  figures: z.array(figureSchema).max(100),
  consulted: z.array(consultationSchema).max(10).optional(),
});

/** One reason for how sure a decision is; confidence is the sum of weight by value, within its bounds. */
export const confidenceFactorSchema = z.object({
  factor: nameSchema,
  weight: z.number().min(0).max(1),
  value: z.number().min(0).max(1),
});
/** One reason for how sure a decision is. */
export type ConfidenceFactor = Readonly<z.output<typeof confidenceFactorSchema>>;

/** The situation that was decided. */
export const findingRefSchema = z.object({
  key: referenceSchema.describe('Names the situation within the agent'),
  detector: nameSchema,
  kind: z
    .enum(['situation', 'occurrence'])
    .describe('A situation lasts until it is cleared; an occurrence has happened'),
  change: z.enum(['opened', 'changed']),
  state: nameSchema.describe('A situation is decided again when this changes'),
  grade: z.int().min(1).max(5).describe('How grave; a graver situation is decided without waiting'),
});

/** What a decision says, in the event and in every answer that shows it. */
export const decisionSchema = z.object({
  decisionId: idSchema,
  agentId: agentIdSchema,
  decisionType: nameSchema,
  subjectRef: referenceSchema.describe('What it is about, e.g. item:VEG001'),
  action: decisionActionSchema,
  confidence: z.number().min(0).max(1),
  confidenceBasis: z.array(confidenceFactorSchema).max(20).optional().describe('How the confidence came about'),
  reasoning: textSchema(4_000),
  decidedBy: decidedBySchema,
  fallbackReason: textSchema(500).optional().describe('Why the rules decided although Claude is preferred'),
  model: modelUseSchema.optional(),
  finding: findingRefSchema.optional(),
  evidence: evidenceSchema.optional(),
  businessTime: instantSchema
    .optional()
    .describe('When it was in the business; `decidedAt` is the clock of the service'),
  basedOn: z.object({
    logPosition: logPositionSchema.describe('The facts are those of the log up to here'),
    eventIds: z.array(eventIdSchema).describe('The business events that led to it'),
  }),
  decidedAt: instantSchema,
});

/** An agent decided. */
export const DecisionMadeV1 = defineEvent({
  area: 'agent',
  event: 'decision-made',
  version: 1,
  summary: 'An agent decided what should be done.',
  data: decisionSchema,
  sample: {
    decisionId: '019ab3c4-7d10-7c11-8a55-3f0d4c2b9a01',
    agentId: 'inventory_agent',
    decisionType: 'reorder',
    subjectRef: 'item:VEG001',
    action: {
      kind: 'reorder',
      sku: 'VEG001',
      quantity: { value: 40, unit: 'each' },
      supplierId: 'fresh-foods',
      estimatedCost: { amount: 10_000, currency: 'USD' },
      urgency: 'critical',
    },
    confidence: 0.88,
    reasoning:
      '8 left, 7.4 are used each day and Fresh Foods needs 2 days: the stock ends before a delivery could come.',
    decidedBy: 'rules',
    fallbackReason: 'ANTHROPIC_API_KEY is not set',
    basedOn: { logPosition: 1_742, eventIds: ['019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02'] },
    decidedAt: '2026-11-22T09:30:02.114Z',
  },
});

const assessmentRun = {
  assessmentId: idSchema,
  agentId: agentIdSchema,
  startedAt: instantSchema,
  durationMs: durationMsSchema,
};

/** An agent looked at its facts and finished, whether or not it found anything. */
export const AssessmentCompletedV1 = defineEvent({
  area: 'agent',
  event: 'assessment-completed',
  version: 1,
  summary: 'An agent looked at its facts and finished.',
  data: z.object({
    ...assessmentRun,
    logPosition: logPositionSchema,
    subjectsAssessed: countSchema,
    findings: countSchema,
    decisions: countSchema,
  }),
  sample: {
    assessmentId: '019ab3c4-7c00-7111-8000-0a0b0c0d0e0f',
    agentId: 'inventory_agent',
    startedAt: '2026-11-22T09:30:02Z',
    durationMs: 118,
    logPosition: 1_742,
    subjectsAssessed: 7,
    findings: 2,
    decisions: 1,
  },
});

/** An agent could not finish its assessment. */
export const AssessmentFailedV1 = defineEvent({
  area: 'agent',
  event: 'assessment-failed',
  version: 1,
  summary: 'An agent could not finish its assessment.',
  data: z.object({ ...assessmentRun, reason: textSchema(2_000), consecutiveFailures: z.int().positive() }),
  sample: {
    assessmentId: '019ab3c9-0a00-7111-8000-0a0b0c0d0e10',
    agentId: 'inventory_agent',
    startedAt: '2026-11-22T09:35:02Z',
    durationMs: 30_004,
    reason: 'The facts could not be read within 30000 ms.',
    consecutiveFailures: 2,
  },
});

const agentTurn = z.object({
  agentId: agentIdSchema,
  by: actorSchema,
  at: instantSchema,
  reason: textSchema(500).optional(),
});

/** An agent began to work. */
export const AgentStartedV1 = defineEvent({
  area: 'agent',
  event: 'agent-started',
  version: 1,
  summary: 'An agent began to work.',
  data: agentTurn,
  sample: { agentId: 'inventory_agent', by: 'service:agent', at: '2026-11-22T08:00:00Z' },
});

/** Somebody told an agent to stop working until it is resumed. */
export const AgentPausedV1 = defineEvent({
  area: 'agent',
  event: 'agent-paused',
  version: 1,
  summary: 'An agent was told to stop working until it is resumed.',
  data: agentTurn,
  sample: { agentId: 'inventory_agent', by: 'user:owner', at: '2026-11-22T10:00:00Z', reason: 'stocktaking' },
});

/** Somebody told a paused agent to go on. */
export const AgentResumedV1 = defineEvent({
  area: 'agent',
  event: 'agent-resumed',
  version: 1,
  summary: 'A paused agent was told to go on.',
  data: agentTurn,
  sample: { agentId: 'inventory_agent', by: 'user:owner', at: '2026-11-22T11:30:00Z' },
});

/** Data of `steward.agent.decision-made.v1`. */
export type DecisionMade = EventData<typeof DecisionMadeV1>;
/** Data of `steward.agent.assessment-completed.v1`. */
export type AssessmentCompleted = EventData<typeof AssessmentCompletedV1>;
/** Data of `steward.agent.assessment-failed.v1`. */
export type AssessmentFailed = EventData<typeof AssessmentFailedV1>;
/** Data of `steward.agent.agent-started.v1`. */
export type AgentStarted = EventData<typeof AgentStartedV1>;
/** Data of `steward.agent.agent-paused.v1`. */
export type AgentPaused = EventData<typeof AgentPausedV1>;
/** Data of `steward.agent.agent-resumed.v1`. */
export type AgentResumed = EventData<typeof AgentResumedV1>;
