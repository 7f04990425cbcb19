import { describe, expect, it } from '@jest/globals';
import type { SubscriptionStatus } from '#libs/event-store';
import { healthOfSubscriptions } from './subscriptions-health.ts';

const following: SubscriptionStatus = {
  name: 'agent.stock',
  failing: false,
  lastError: null,
  state: 'following',
  detail: '',
};
const failing: SubscriptionStatus = { ...following, name: 'agent.agents', failing: true, lastError: 'no such table' };
const rebuilding: SubscriptionStatus = {
  ...following,
  name: 'agent.decisions',
  state: 'rebuilding',
  detail: 'rebuilding 43 % (version 2; its table holds version 1)',
};

describe('the health of what follows the log', () => {
  it('is good while all follow it', () => {
    expect(healthOfSubscriptions([])).toEqual({ status: 'healthy' });
    expect(healthOfSubscriptions([following])).toEqual({ status: 'healthy' });
  });

  it('is degraded while one shows rows of another version, and says how far it is', () => {
    expect(healthOfSubscriptions([following, rebuilding])).toEqual({
      status: 'degraded',
      standingBy: { 'agent.decisions': 'rebuilding 43 % (version 2; its table holds version 1)' },
    });
  });

  it('names no password', () => {
    const told = { ...failing, lastError: 'connect postgresql://steward:hunter2@db failed' };

    expect(JSON.stringify(healthOfSubscriptions([told]))).not.toContain('hunter2');
  });

  it('is bad while one cannot apply events, and says why', () => {
    expect(healthOfSubscriptions([rebuilding, failing])).toEqual({
      status: 'unhealthy',
      failing: { 'agent.agents': 'no such table' },
      standingBy: { 'agent.decisions': rebuilding.detail },
    });
  });
});
