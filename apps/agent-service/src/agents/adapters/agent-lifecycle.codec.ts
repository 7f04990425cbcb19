import { AgentPausedV1, AgentResumedV1, AgentStartedV1 } from '#libs/contracts';
import type { EventCodec, RecordedEvent } from '#libs/event-store';
import type { AgentLifecycleEvent } from '../domain/agent-lifecycle.ts';

/** How turns of an agent look in the log. */
export const agentLifecycleCodec: EventCodec<AgentLifecycleEvent> = {
  encode: ({ type, data }) => ({ type, typeVersion: 1, data }),
  decode: ({ type, data, position }: RecordedEvent): AgentLifecycleEvent => {
    switch (type) {
      case 'agent.agent-started':
        return { type, data: turn(AgentStartedV1.data.parse(data)) };
      case 'agent.agent-paused':
        return { type, data: turn(AgentPausedV1.data.parse(data)) };
      case 'agent.agent-resumed':
        return { type, data: turn(AgentResumedV1.data.parse(data)) };
      default:
        throw new Error(`The event ${type} at position ${position} is no turn of an agent.`);
    }
  },
};

type Read = Readonly<{ agentId: string; by: string; at: string; reason?: string | undefined }>;

function turn({ agentId, by, at, reason }: Read): AgentLifecycleEvent['data'] {
  return { agentId, by, at, ...(reason === undefined ? {} : { reason }) };
}
