import type { Command, Decider, DomainEvent } from '#libs/kernel';

type Turn = Readonly<{ agentId: string; by: string; at: string; reason?: string }>;

export type AgentLifecycleEvent =
  | DomainEvent<'agent.agent-started', Turn>
  | DomainEvent<'agent.agent-paused', Turn>
  | DomainEvent<'agent.agent-resumed', Turn>;

type TurnRequest = Readonly<{ agentId: string; reason?: string }>;

export type AgentLifecycleCommand =
  Command<'StartAgent', TurnRequest> | Command<'PauseAgent', TurnRequest> | Command<'ResumeAgent', TurnRequest>;

/** A paused agent stays paused, whatever starts anew, until somebody resumes it. */
export type AgentLifecycle = 'new' | 'running' | 'paused';

function decide(command: AgentLifecycleCommand, state: AgentLifecycle): readonly AgentLifecycleEvent[] {
  const data = { ...command.data, by: command.meta.by, at: command.meta.at.toISOString() };
  switch (command.type) {
    case 'StartAgent':
      return [{ type: 'agent.agent-started', data }];
    case 'PauseAgent':
      return state === 'paused' ? [] : [{ type: 'agent.agent-paused', data }];
    case 'ResumeAgent':
      return state === 'paused' ? [{ type: 'agent.agent-resumed', data }] : [];
  }
}

function evolve(state: AgentLifecycle, event: AgentLifecycleEvent): AgentLifecycle {
  switch (event.type) {
    case 'agent.agent-started':
      return state === 'paused' ? 'paused' : 'running';
    case 'agent.agent-paused':
      return 'paused';
    case 'agent.agent-resumed':
      return 'running';
  }
}

/** Who runs, who is paused, and by whom. Pausing twice is harmless. */
export const agentLifecycleDecider: Decider<AgentLifecycle, AgentLifecycleCommand, AgentLifecycleEvent> = {
  initialState: 'new',
  decide,
  evolve,
};
