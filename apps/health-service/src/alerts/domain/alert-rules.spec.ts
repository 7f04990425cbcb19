import { describe, expect, it } from '@jest/globals';
import { alertRuleFor, troublesOf } from './alert-rules.ts';

describe('the alert for a trouble', () => {
  it('wakes somebody when an agent is silent', () => {
    expect(alertRuleFor({ kind: 'agent', name: 'inventory_agent', cause: 'silent' })).toEqual({
      name: 'agent-unhealthy',
      severity: 'critical',
      labels: {
        alertname: 'agent-unhealthy',
        severity: 'critical',
        service: 'agent-service',
        agent: 'inventory_agent',
        cause: 'silent',
      },
      summary: 'inventory_agent is silent',
      runbook: 'docs/runbooks/agent-unhealthy.md',
    });
  });

  it('waits for the day when somebody paused the agent', () => {
    expect(alertRuleFor({ kind: 'agent', name: 'inventory_agent', cause: 'paused' }).severity).toBe('warning');
  });

  it('names the service and no agent for a service', () => {
    expect(alertRuleFor({ kind: 'service', name: 'recovery-service', cause: 'failing' }).labels).toEqual({
      alertname: 'service-unhealthy',
      severity: 'critical',
      service: 'recovery-service',
      cause: 'failing',
    });
  });

  it('differs for each cause', () => {
    expect(troublesOf({ kind: 'agent', name: 'a' }).map(({ cause }) => cause)).toEqual(['silent', 'failing', 'paused']);
  });
});
