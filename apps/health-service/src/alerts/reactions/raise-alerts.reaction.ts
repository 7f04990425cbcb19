import { Injectable } from '@nestjs/common';
import {
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  ComponentBecameUnhealthyV1,
  ComponentRecoveredV1,
} from '#libs/contracts';
import type { RecordedEvent, Subscriber, Transaction } from '#libs/event-store';
import { runWithCorrelation, withSpan } from '#libs/observability';
import { alertFingerprint } from '../adapters/alert-fingerprint.ts';
import { alertStream } from '../adapters/alert.codec.ts';
import { AlertCommands, type AlertDecisions } from '../commands/alert-commands.ts';
import type { AlertCommand } from '../domain/alert.decider.ts';
import { alertRuleFor, troublesOf, type Trouble } from '../domain/alert-rules.ts';

type Change = Readonly<
  Omit<Trouble, 'cause'> & {
    detail: string;
    /** Absent when all is well again. */
    unhealthy?: { readonly cause: string; readonly since: string };
  }
>;

/** What each event says of somebody's health. */
const READERS: Readonly<Record<string, (data: unknown) => Change>> = {
  'health.agent-became-unhealthy': (data) => {
    const { agentId, cause, detail, since } = AgentBecameUnhealthyV1.data.parse(data);
    return { kind: 'agent', name: agentId, detail, unhealthy: { cause, since } };
  },
  'health.component-became-unhealthy': (data) => {
    const { component, cause, detail, since } = ComponentBecameUnhealthyV1.data.parse(data);
    return { kind: 'service', name: component, detail, unhealthy: { cause, since } };
  },
  'health.agent-recovered': (data) => {
    const { agentId, detail } = AgentRecoveredV1.data.parse(data);
    return { kind: 'agent', name: agentId, detail };
  },
  'health.component-recovered': (data) => {
    const { component, detail } = ComponentRecoveredV1.data.parse(data);
    return { kind: 'service', name: component, detail };
  },
};

/**
 * Raises and resolves the alerts of whoever becomes unhealthy or recovers. They are appended with the checkpoint, so each
 * event has its effect once, and they carry the event's trace and correlation: an alert leads back to what caused it.
 */
@Injectable()
export class RaiseAlerts implements Subscriber {
  readonly name = 'health.raise-alerts';
  readonly version = 1;
  readonly handles = new Set(Object.keys(READERS));

  constructor(private readonly alerts: AlertCommands) {}

  async apply(events: readonly RecordedEvent[], transaction: Transaction): Promise<void> {
    const decisions = this.alerts.within(transaction);
    for (const event of events) {
      const change = READERS[event.type]?.(event.data);
      if (change) await inTraceOf(event, () => react(event, change, decisions));
    }
  }
}

/** A new cause takes the place of the one before it, so the alerts for the others end. */
async function react(event: RecordedEvent, change: Change, decisions: AlertDecisions): Promise<void> {
  const { unhealthy, detail } = change;
  const meta = { at: new Date(event.metadata.occurredAt), by: 'service:health' };
  for (const trouble of troublesOf(change)) {
    if (trouble.cause === unhealthy?.cause) continue;
    const resolution = unhealthy ? `Another cause took its place: ${unhealthy.cause}.` : detail;
    await decide(event, trouble, { type: 'resolve-alert', data: { resolution }, meta }, decisions);
  }
  if (!unhealthy) return;
  const trouble: Trouble = { kind: change.kind, name: change.name, cause: unhealthy.cause };
  const rule = alertRuleFor(trouble);
  const fingerprint = alertFingerprint(rule.labels);
  const data = { ...rule, fingerprint, description: detail, startsAt: unhealthy.since };
  await decide(event, trouble, { type: 'raise-alert', data, meta }, decisions);
}

async function decide(
  event: RecordedEvent,
  trouble: Trouble,
  command: AlertCommand,
  decisions: AlertDecisions,
): Promise<void> {
  const streamId = alertStream(alertFingerprint(alertRuleFor(trouble).labels));
  await decisions.decide({ tenant: event.tenant, streamId }, command, {
    id: event.id,
    correlationId: event.metadata.correlationId,
  });
}

async function inTraceOf({ id, type, tenant, metadata }: RecordedEvent, work: () => Promise<void>): Promise<void> {
  const { traceparent, tracestate, correlationId } = metadata;
  const parent = {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
  await runWithCorrelation({ correlationId, tenant, causationId: id }, () =>
    withSpan(`react to ${type}`, { parent }, work),
  );
}
