import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  actorSchema,
  agentIdSchema,
  durationMsSchema,
  factsSchema,
  idSchema,
  instantSchema,
  nameSchema,
  sha256Schema,
  textSchema,
} from '../values.ts';
import { decisionActionSchema, type DecisionAction } from '../actions/decision-action.ts';

const approvalRef = {
  approvalId: idSchema,
  decisionId: idSchema,
  agentId: agentIdSchema,
  actionDigest: sha256Schema.describe('Of the action in canonical JSON: what is approved is exactly this'),
};
const approvalRefSample = {
  approvalId: '019ab3c4-8000-7a00-8000-000000000001',
  decisionId: '019ab3c4-7d10-7c11-8a55-3f0d4c2b9a01',
  agentId: 'inventory_agent',
  actionDigest: '9f2c5a0d1b7e4c3f8a6d5e4b3c2a1f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b4a',
};
const reorderSample: DecisionAction = {
  kind: 'reorder',
  sku: 'VEG001',
  quantity: { value: 40, unit: 'each' },
  supplierId: 'fresh-foods',
  estimatedCost: { amount: 10_000, currency: 'USD' },
  urgency: 'critical',
};

/** Policy asks a person before the action of a decision is done. */
export const ApprovalRequestedV1 = defineEvent({
  area: 'agent',
  event: 'approval-requested',
  version: 1,
  summary: 'A person is asked before the action of a decision is done.',
  data: z.object({
    ...approvalRef,
    action: decisionActionSchema,
    ruleId: idSchema.describe('The rule of the policy that asks'),
    requiredApprovers: z.int().positive(),
    requestedAt: instantSchema,
    expiresAt: instantSchema,
  }),
  sample: {
    ...approvalRefSample,
    action: reorderSample,
    ruleId: 'spend-over-limit',
    requiredApprovers: 1,
    requestedAt: '2026-11-22T09:30:02Z',
    expiresAt: '2026-11-23T09:30:02Z',
  },
});

/** A person allowed the action. */
export const ApprovalGrantedV1 = defineEvent({
  area: 'agent',
  event: 'approval-granted',
  version: 1,
  summary: 'A person allowed the action.',
  data: z.object({ ...approvalRef, by: actorSchema, at: instantSchema, note: textSchema(2_000).optional() }),
  sample: { ...approvalRefSample, by: 'user:owner', at: '2026-11-22T09:41:00Z' },
});

/** A person refused the action. */
export const ApprovalRejectedV1 = defineEvent({
  area: 'agent',
  event: 'approval-rejected',
  version: 1,
  summary: 'A person refused the action.',
  data: z.object({ ...approvalRef, by: actorSchema, at: instantSchema, reason: textSchema(2_000) }),
  sample: { ...approvalRefSample, by: 'user:owner', at: '2026-11-22T09:41:00Z', reason: 'closed for a week' },
});

/** Nobody answered in time; the action is not done. */
export const ApprovalExpiredV1 = defineEvent({
  area: 'agent',
  event: 'approval-expired',
  version: 1,
  summary: 'Nobody answered in time; the action is not done.',
  data: z.object({ ...approvalRef, expiredAt: instantSchema }),
  sample: { ...approvalRefSample, expiredAt: '2026-11-23T09:30:02Z' },
});

const actionRun = {
  actionId: idSchema,
  decisionId: idSchema,
  agentId: agentIdSchema,
  approvalId: idSchema.optional(),
  action: decisionActionSchema,
  attempt: z.int().positive(),
};
const actionRunSample = {
  actionId: '019ab3c4-9000-7a00-8000-000000000002',
  decisionId: approvalRefSample.decisionId,
  agentId: 'inventory_agent',
  approvalId: approvalRefSample.approvalId,
  action: reorderSample,
  attempt: 1,
};

/** The action of a decision was done, once. */
export const ActionExecutedV1 = defineEvent({
  area: 'agent',
  event: 'action-executed',
  version: 1,
  summary: 'The action of a decision was done.',
  data: z.object({
    ...actionRun,
    executedAt: instantSchema,
    durationMs: durationMsSchema,
    reference: idSchema.optional().describe('What the other system calls it'),
    result: factsSchema.optional(),
  }),
  sample: { ...actionRunSample, executedAt: '2026-11-22T09:41:01Z', durationMs: 420, reference: 'po-311' },
});

/** The action could not be done, or nobody knows whether it was. */
export const ActionFailedV1 = defineEvent({
  area: 'agent',
  event: 'action-failed',
  version: 1,
  summary: 'The action of a decision could not be done, or it is unknown whether it was.',
  data: z.object({
    ...actionRun,
    failedAt: instantSchema,
    reason: textSchema(2_000),
    effect: z.enum(['none', 'unknown']).describe('An unknown effect is never tried again by itself'),
    retryable: z.boolean(),
  }),
  sample: {
    ...actionRunSample,
    failedAt: '2026-11-22T09:41:11Z',
    reason: 'The ordering system did not answer within 10000 ms.',
    effect: 'unknown',
    retryable: false,
  },
});

/** What came of a decision, some time later. */
export const OutcomeRecordedV1 = defineEvent({
  area: 'agent',
  event: 'outcome-recorded',
  version: 1,
  summary: 'What came of a decision is known.',
  data: z.object({
    decisionId: idSchema,
    agentId: agentIdSchema,
    decisionType: nameSchema.optional(),
    outcome: z.enum(['as-expected', 'better', 'worse', 'unknown']),
    wasRight: z.boolean().optional().describe('Whether it was right to decide so; absent when nobody can tell'),
    detail: textSchema(2_000),
    measures: factsSchema.optional(),
    measuredAt: instantSchema,
  }),
  sample: {
    decisionId: approvalRefSample.decisionId,
    agentId: 'inventory_agent',
    outcome: 'as-expected',
    detail: 'The delivery came before the stock ended.',
    measures: { stockOutHours: 0, deliveredAfterDays: 2 },
    measuredAt: '2026-11-24T10:00:00Z',
  },
});

/** Data of `steward.agent.approval-requested.v1`. */
export type ApprovalRequested = EventData<typeof ApprovalRequestedV1>;
/** Data of `steward.agent.approval-granted.v1`. */
export type ApprovalGranted = EventData<typeof ApprovalGrantedV1>;
/** Data of `steward.agent.approval-rejected.v1`. */
export type ApprovalRejected = EventData<typeof ApprovalRejectedV1>;
/** Data of `steward.agent.approval-expired.v1`. */
export type ApprovalExpired = EventData<typeof ApprovalExpiredV1>;
/** Data of `steward.agent.action-executed.v1`. */
export type ActionExecuted = EventData<typeof ActionExecutedV1>;
/** Data of `steward.agent.action-failed.v1`. */
export type ActionFailed = EventData<typeof ActionFailedV1>;
/** Data of `steward.agent.outcome-recorded.v1`. */
export type OutcomeRecorded = EventData<typeof OutcomeRecordedV1>;
