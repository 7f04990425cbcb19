import { z } from 'zod';
import {
  actorSchema,
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  agentIdSchema,
  ComponentBecameUnhealthyV1,
  ComponentRecoveredV1,
  instantSchema,
  nameSchema,
} from '#libs/contracts';
import { UnreadableEvent, type EventCodec, type RecordedEvent, type SnapshotForm } from '#libs/event-store';
import { streamId, type StreamId } from '#libs/kernel';
import type { ComponentHealth, ComponentHealthEvent, Subject } from '../domain/component-health.ts';

const becameKnown = z.object({ component: nameSchema, kind: z.enum(['agent', 'service']), at: instantSchema });
const turnNoted = z.object({ agentId: agentIdSchema, by: actorSchema, at: instantSchema });

/** The stream of one agent or service. */
export function componentStream({ kind, name }: Subject): StreamId {
  return streamId(kind === 'agent' ? 'agent_health' : 'component_health', name);
}

const agent = (name: string): Subject => ({ kind: 'agent', name });
const service = (name: string): Subject => ({ kind: 'service', name });

const TYPES = [
  'component-became-known',
  'agent-became-unhealthy',
  'component-became-unhealthy',
  'agent-recovered',
  'component-recovered',
  'agent-pause-noted',
  'agent-resume-noted',
];

/** How the health of agents and services looks in the log; what leaves the service has the contract's data. */
export const componentHealthCodec: EventCodec<ComponentHealthEvent> = {
  types: TYPES.map((type) => ({ type: `health.${type}`, version: 1 })),
  encode(event) {
    const { type, data } = named(event);
    return { type: `health.${type}`, typeVersion: 1, data };
  },
  decode,
};

/** A subject's stream grows with each time that it fails, as long as it lives. */
export const componentHealthSnapshots: SnapshotForm<ComponentHealth> = {
  name: 'health.component-health',
  version: 1,
  schema: z.discriminatedUnion('status', [
    z.strictObject({ status: z.literal('unknown') }),
    z.strictObject({ status: z.literal('healthy') }),
    z.strictObject({
      status: z.literal('unhealthy'),
      cause: z.enum(['silent', 'failing', 'paused']),
      since: instantSchema,
      isPaused: z.boolean(),
    }),
  ]),
};

function named(event: ComponentHealthEvent): { type: string; data: object } {
  const { subject } = event.data;
  const { name, kind } = subject;
  const isAgent = kind === 'agent';
  switch (event.type) {
    case 'became-known':
      return { type: 'component-became-known', data: { component: name, kind, at: event.data.at } };
    case 'became-unhealthy': {
      const { cause, detail, since } = event.data;
      return isAgent
        ? { type: 'agent-became-unhealthy', data: { agentId: name, cause, detail, since } }
        : { type: 'component-became-unhealthy', data: { component: name, kind, cause, detail, since } };
    }
    case 'recovered': {
      const { detail, unhealthySince } = event.data;
      return isAgent
        ? { type: 'agent-recovered', data: { agentId: name, detail, unhealthySince } }
        : { type: 'component-recovered', data: { component: name, kind, detail, unhealthySince } };
    }
    case 'pause-noted':
    case 'resume-noted':
      return { type: `agent-${event.type}`, data: { agentId: name, by: event.data.by, at: event.data.at } };
  }
}

function decode(event: RecordedEvent): ComponentHealthEvent {
  switch (event.type) {
    case 'health.component-became-known': {
      const { component, kind, at } = becameKnown.parse(event.data);
      return { type: 'became-known', data: { subject: { kind, name: component }, at } };
    }
    case 'health.agent-became-unhealthy': {
      const { agentId, ...rest } = AgentBecameUnhealthyV1.data.parse(event.data);
      return { type: 'became-unhealthy', data: { subject: agent(agentId), ...rest } };
    }
    case 'health.component-became-unhealthy': {
      const { component, cause, detail, since } = ComponentBecameUnhealthyV1.data.parse(event.data);
      // Slowness is not judged yet; to the rules of this capability it is a failure.
      const known = cause === 'slow' ? 'failing' : cause;
      return { type: 'became-unhealthy', data: { subject: service(component), cause: known, detail, since } };
    }
    case 'health.agent-recovered': {
      const { agentId, ...rest } = AgentRecoveredV1.data.parse(event.data);
      return { type: 'recovered', data: { subject: agent(agentId), ...rest } };
    }
    case 'health.component-recovered': {
      const { component, detail, unhealthySince } = ComponentRecoveredV1.data.parse(event.data);
      return { type: 'recovered', data: { subject: service(component), detail, unhealthySince } };
    }
    case 'health.agent-pause-noted':
    case 'health.agent-resume-noted': {
      const { agentId, by, at } = turnNoted.parse(event.data);
      const type = event.type === 'health.agent-pause-noted' ? 'pause-noted' : 'resume-noted';
      return { type, data: { subject: agent(agentId), by, at } };
    }
    default:
      throw new UnreadableEvent(event, 'it is no event of a component');
  }
}
