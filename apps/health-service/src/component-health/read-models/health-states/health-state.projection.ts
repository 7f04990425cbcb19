import { z } from 'zod';
import {
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  ComponentBecameUnhealthyV1,
  ComponentRecoveredV1,
} from '#libs/contracts';
import type { RecordedEvent, RowProjection } from '#libs/event-store';

type HealthStateKey = { tenant: string; kind: string; component: string };

/** One row of `health_states`: how an agent or service stands. */
export type HealthStateRow = HealthStateKey & {
  status: 'healthy' | 'unhealthy';
  cause: string | null;
  detail: string | null;
  since: string;
};

const becameKnown = z.object({ component: z.string(), kind: z.string(), at: z.string() });

type Change = Readonly<{ kind: string; component: string } & Omit<HealthStateRow, keyof HealthStateKey>>;

/** What an event makes of the component that it is about. */
const READERS: Readonly<Record<string, (event: RecordedEvent) => Change>> = {
  'health.component-became-known': ({ data }) => {
    const { kind, component, at } = becameKnown.parse(data);
    return { kind, component, status: 'healthy', cause: null, detail: null, since: at };
  },
  'health.agent-became-unhealthy': ({ data }) => {
    const { agentId, cause, detail, since } = AgentBecameUnhealthyV1.data.parse(data);
    return { kind: 'agent', component: agentId, status: 'unhealthy', cause, detail, since };
  },
  'health.component-became-unhealthy': ({ data }) => {
    const { kind, component, cause, detail, since } = ComponentBecameUnhealthyV1.data.parse(data);
    return { kind, component, status: 'unhealthy', cause, detail, since };
  },
  'health.agent-recovered': ({ data, metadata }) => {
    const { agentId, detail } = AgentRecoveredV1.data.parse(data);
    return { kind: 'agent', component: agentId, status: 'healthy', cause: null, detail, since: metadata.occurredAt };
  },
  'health.component-recovered': ({ data, metadata }) => {
    const { kind, component, detail } = ComponentRecoveredV1.data.parse(data);
    return { kind, component, status: 'healthy', cause: null, detail, since: metadata.occurredAt };
  },
};

function changeOf(event: RecordedEvent): Change | undefined {
  return READERS[event.type]?.(event);
}

export const healthStateProjection: RowProjection<HealthStateKey, HealthStateRow> = {
  name: 'health.health-states',
  version: 1,
  table: 'health_states',
  keyColumns: ['tenant', 'kind', 'component'],
  handles: new Set(Object.keys(READERS)),
  keysOf(event) {
    const change = changeOf(event);
    return change ? [{ tenant: event.tenant, kind: change.kind, component: change.component }] : [];
  },
  evolve(_row, event) {
    const change = changeOf(event);
    return change && { tenant: event.tenant, ...change };
  },
};
