import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  actorSchema,
  agentIdSchema,
  durationMsSchema,
  idSchema,
  instantSchema,
  labelsSchema,
  nameSchema,
  textSchema,
} from '../values.ts';

/** How much an alert matters: `critical` wakes somebody, `warning` waits for the day, `info` is to be known. */
export const alertSeveritySchema = z.enum(['critical', 'warning', 'info']);
/** How much an alert matters. */
export type AlertSeverity = z.output<typeof alertSeveritySchema>;

/** What can be watched besides agents. */
export const componentKindSchema = z.enum(['service', 'database', 'bus', 'claude-api', 'integration', 'other']);
/** What can be watched besides agents. */
export type ComponentKind = z.output<typeof componentKindSchema>;

/** A watched component does not work as it must. */
export const ComponentBecameUnhealthyV1 = defineEvent({
  area: 'health',
  event: 'component-became-unhealthy',
  version: 1,
  summary: 'A watched component does not work as it must.',
  data: z.object({
    component: nameSchema,
    kind: componentKindSchema,
    cause: z.enum(['silent', 'failing', 'slow']),
    detail: textSchema(2_000),
    since: instantSchema,
  }),
  sample: {
    component: 'recovery-service',
    kind: 'service',
    cause: 'silent',
    detail: 'No heartbeat for 45000 ms; one is due every 10000 ms.',
    since: '2026-11-22T09:29:15Z',
  },
});

/** A component works again. */
export const ComponentRecoveredV1 = defineEvent({
  area: 'health',
  event: 'component-recovered',
  version: 1,
  summary: 'A component works again.',
  data: z.object({
    component: nameSchema,
    kind: componentKindSchema,
    detail: textSchema(2_000),
    unhealthySince: instantSchema,
  }),
  sample: {
    component: 'recovery-service',
    kind: 'service',
    detail: 'Heartbeats arrive again.',
    unhealthySince: '2026-11-22T09:29:15Z',
  },
});

/** An agent is silent, fails, or is paused. */
export const AgentBecameUnhealthyV1 = defineEvent({
  area: 'health',
  event: 'agent-became-unhealthy',
  version: 1,
  summary: 'An agent is silent, fails, or is paused.',
  data: z.object({
    agentId: agentIdSchema,
    cause: z.enum(['silent', 'failing', 'paused']),
    detail: textSchema(2_000),
    since: instantSchema,
  }),
  sample: {
    agentId: 'inventory_agent',
    cause: 'failing',
    detail: '3 assessments in a row failed: the facts could not be read within 30000 ms.',
    since: '2026-11-22T09:35:02Z',
  },
});

/** An agent works again. */
export const AgentRecoveredV1 = defineEvent({
  area: 'health',
  event: 'agent-recovered',
  version: 1,
  summary: 'An agent works again.',
  data: z.object({ agentId: agentIdSchema, detail: textSchema(2_000), unhealthySince: instantSchema }),
  sample: {
    agentId: 'inventory_agent',
    detail: 'An assessment completed.',
    unhealthySince: '2026-11-22T09:35:02Z',
  },
});

const alertIdentity = {
  alertId: idSchema,
  name: nameSchema,
  severity: alertSeveritySchema,
  fingerprint: idSchema.describe('Hash of the sorted labels; the same trouble has the same fingerprint'),
};
const alertLabelsSample = { alertname: 'agent-unhealthy', agent: 'inventory_agent', tenant: 'demo' };

/** Somebody needs to know. */
export const AlertRaisedV1 = defineEvent({
  area: 'health',
  event: 'alert-raised',
  version: 1,
  summary: 'Something is wrong that somebody needs to know.',
  data: z.object({
    ...alertIdentity,
    summary: textSchema(500),
    description: textSchema(4_000),
    labels: labelsSchema,
    runbook: textSchema(500).optional().describe('Where it says what to do'),
    startsAt: instantSchema,
  }),
  sample: {
    alertId: '019ab3ca-0000-7a00-8000-000000000003',
    name: 'agent-unhealthy',
    severity: 'critical',
    fingerprint: '5b1f0c9d2e7a4f38',
    summary: 'inventory_agent fails',
    description: '3 assessments in a row failed: the facts could not be read within 30000 ms.',
    labels: alertLabelsSample,
    runbook: 'docs/runbooks/agent-unhealthy.md',
    startsAt: '2026-11-22T09:35:02Z',
  },
});

/** Somebody takes care of an alert. */
export const AlertAcknowledgedV1 = defineEvent({
  area: 'health',
  event: 'alert-acknowledged',
  version: 1,
  summary: 'Somebody takes care of an alert.',
  data: z.object({ alertId: idSchema, by: actorSchema, note: textSchema(2_000).optional(), at: instantSchema }),
  sample: {
    alertId: '019ab3ca-0000-7a00-8000-000000000003',
    by: 'user:operator',
    note: 'looking at the database',
    at: '2026-11-22T09:37:00Z',
  },
});

/** The trouble behind an alert is over. */
export const AlertResolvedV1 = defineEvent({
  area: 'health',
  event: 'alert-resolved',
  version: 1,
  summary: 'The trouble behind an alert is over.',
  data: z.object({
    ...alertIdentity,
    labels: labelsSchema,
    summary: textSchema(500),
    startsAt: instantSchema,
    endsAt: instantSchema,
    resolution: textSchema(2_000),
  }),
  sample: {
    alertId: '019ab3ca-0000-7a00-8000-000000000003',
    name: 'agent-unhealthy',
    severity: 'critical',
    fingerprint: '5b1f0c9d2e7a4f38',
    labels: alertLabelsSample,
    summary: 'inventory_agent fails',
    startsAt: '2026-11-22T09:35:02Z',
    endsAt: '2026-11-22T09:52:40Z',
    resolution: 'An assessment completed.',
  },
});

/** What is the matter, with the evidence for it. */
export const DiagnosisMadeV1 = defineEvent({
  area: 'health',
  event: 'diagnosis-made',
  version: 1,
  summary: 'The cause of a trouble was looked for.',
  data: z.object({
    diagnosisId: idSchema,
    alertId: idSchema.optional(),
    subjectRef: idSchema,
    verdict: textSchema(2_000),
    confidence: z.number().min(0).max(1),
    evidence: z.array(z.object({ name: nameSchema, observation: textSchema(2_000) })),
    suggestions: z.array(z.object({ name: nameSchema, description: textSchema(2_000), isSafe: z.boolean() })),
    durationMs: durationMsSchema,
    diagnosedAt: instantSchema,
  }),
  sample: {
    diagnosisId: '019ab3ca-1000-7a00-8000-000000000004',
    alertId: '019ab3ca-0000-7a00-8000-000000000003',
    subjectRef: 'agent:inventory_agent',
    verdict: 'One query has held a lock for 14 minutes; the facts query waits for it.',
    confidence: 0.9,
    evidence: [{ name: 'blocking query', observation: 'pid 4711, active since 09:21:00Z' }],
    suggestions: [{ name: 'cancel-query', description: 'Cancel the query of pid 4711', isSafe: true }],
    durationMs: 640,
    diagnosedAt: '2026-11-22T09:36:10Z',
  },
});

/** Data of `steward.health.component-became-unhealthy.v1`. */
export type ComponentBecameUnhealthy = EventData<typeof ComponentBecameUnhealthyV1>;
/** Data of `steward.health.component-recovered.v1`. */
export type ComponentRecovered = EventData<typeof ComponentRecoveredV1>;
/** Data of `steward.health.agent-became-unhealthy.v1`. */
export type AgentBecameUnhealthy = EventData<typeof AgentBecameUnhealthyV1>;
/** Data of `steward.health.agent-recovered.v1`. */
export type AgentRecovered = EventData<typeof AgentRecoveredV1>;
/** Data of `steward.health.alert-raised.v1`. */
export type AlertRaised = EventData<typeof AlertRaisedV1>;
/** Data of `steward.health.alert-acknowledged.v1`. */
export type AlertAcknowledged = EventData<typeof AlertAcknowledgedV1>;
/** Data of `steward.health.alert-resolved.v1`. */
export type AlertResolved = EventData<typeof AlertResolvedV1>;
/** Data of `steward.health.diagnosis-made.v1`. */
export type DiagnosisMade = EventData<typeof DiagnosisMadeV1>;
