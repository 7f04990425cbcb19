import { describe, it } from '@jest/globals';
import { given } from '#libs/testing';
import { agentLifecycleDecider, type AgentLifecycleCommand, type AgentLifecycleEvent } from './agent-lifecycle.ts';

const noon = new Date('2026-01-01T12:00:00Z');
const turn = { agentId: 'inventory_agent', by: 'key:owner', at: noon.toISOString() };
const command = (type: AgentLifecycleCommand['type']): AgentLifecycleCommand => ({
  type,
  data: { agentId: 'inventory_agent' },
  meta: { at: noon, by: 'key:owner' },
});
const event = (type: AgentLifecycleEvent['type']): AgentLifecycleEvent => ({ type, data: turn });

describe('an agent', () => {
  it('is paused by whoever asks, with name and time', () => {
    given(agentLifecycleDecider, event('agent.agent-started'))
      .when(command('PauseAgent'))
      .then(event('agent.agent-paused'));
  });

  it('is paused once', () => {
    given(agentLifecycleDecider, event('agent.agent-paused')).when(command('PauseAgent')).thenNothing();
  });

  it('stays paused when its process starts anew', () => {
    given(agentLifecycleDecider, event('agent.agent-paused'), event('agent.agent-started'))
      .when(command('PauseAgent'))
      .thenNothing();
  });

  it('is resumed when it was paused', () => {
    given(agentLifecycleDecider, event('agent.agent-paused'))
      .when(command('ResumeAgent'))
      .then(event('agent.agent-resumed'));
  });

  it('has nothing to resume while it runs', () => {
    given(agentLifecycleDecider, event('agent.agent-started')).when(command('ResumeAgent')).thenNothing();
  });
});
