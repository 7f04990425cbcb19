import { AgentPausedV1, AgentResumedV1, AgentStartedV1 } from '#libs/contracts';
import { UnreadableEvent, type EventCodec, type RecordedEvent, type SnapshotForm } from '#libs/event-store';
import { z } from 'zod';
import type { AgentLifecycle, AgentLifecycleEvent } from '../domain/agent-lifecycle.ts';

const TYPES: readonly AgentLifecycleEvent['type'][] = [
  'agent.agent-started',
  'agent.agent-paused',
  'agent.agent-resumed',
];

/** How turns of an agent look in the log. */
export const agentLifecycleCodec: EventCodec<AgentLifecycleEvent> = {
  types: TYPES.map((type) => ({ type, version: 1 })),
  encode: ({ type, data }) => ({ type, typeVersion: 1, data }),
  decode: (event: RecordedEvent): AgentLifecycleEvent => {
    const { type, data } = event;
    switch (type) {
      case 'agent.agent-started':
        return { type, data: turn(AgentStartedV1.data.parse(data)) };
      case 'agent.agent-paused':
        return { type, data: turn(AgentPausedV1.data.parse(data)) };
      case 'agent.agent-resumed':
        return { type, data: turn(AgentResumedV1.data.parse(data)) };
      default:
        throw new UnreadableEvent(event, 'it is no turn of an agent');
    }
  },
};

/** Every start of an agent is told, so its stream grows as long as it lives. */
export const agentLifecycleSnapshots: SnapshotForm<AgentLifecycle> = {
  name: 'agent.lifecycle',
  version: 1,
  schema: z.enum(['new', 'running', 'paused']),
};

type Read = Readonly<{ agentId: string; by: string; at: string; reason?: string | undefined }>;

function turn({ agentId, by, at, reason }: Read): AgentLifecycleEvent['data'] {
  return { agentId, by, at, ...(reason === undefined ? {} : { reason }) };
}
