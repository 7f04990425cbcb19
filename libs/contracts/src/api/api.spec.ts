import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { DecisionMadeV1 } from '../events/agent.ts';
import { agentTurnRequestSchema } from './agents.ts';
import { backupRequestSchema } from './backups.ts';
import { decisionDetailSchema, decisionListQuerySchema } from './decisions.ts';
import { healthAnswerSchema } from './health.ts';
import { listQuerySchema, pageOf } from './page.ts';

describe('a list query', () => {
  it('has 50 items when it does not say', () => {
    expect(listQuerySchema.parse({})).toEqual({ limit: 50 });
  });

  it('reads numbers from text', () => {
    expect(listQuerySchema.parse({ limit: '200', after: 'abc' })).toEqual({ limit: 200, after: 'abc' });
  });

  it.each(['0', '201', '1.5', 'many', '', ['1', '2']])('refuses the limit %p', (limit) => {
    expect(listQuerySchema.safeParse({ limit }).success).toBe(false);
  });

  it('of decisions refuses filters that cannot match', () => {
    expect(decisionListQuerySchema.parse({ agent: 'inventory_agent', decidedBy: 'rules' })).toMatchObject({
      limit: 50,
    });
    expect(decisionListQuerySchema.safeParse({ decidedBy: 'chance' }).success).toBe(false);
    expect(decisionListQuerySchema.safeParse({ from: 'yesterday' }).success).toBe(false);
  });
});

describe('answers', () => {
  it('of a list are pages', () => {
    const page = pageOf(z.string());

    expect(page.safeParse({ data: ['a'], nextCursor: null, hasMore: false }).success).toBe(true);
    expect(page.safeParse({ data: ['a'], hasMore: false }).success).toBe(false);
    expect(page.safeParse({ data: [1], nextCursor: null, hasMore: false }).success).toBe(false);
  });

  it('show a decision as the event told it, with its place in the log', () => {
    const detail = {
      ...DecisionMadeV1.sample,
      tenant: 'demo',
      position: 1_743,
      correlationId: 'c',
      recordedAt: '2026-11-22T09:30:02.500Z',
      events: [],
    };

    expect(decisionDetailSchema.parse(detail)).toEqual(detail);
    expect(decisionDetailSchema.safeParse({ ...detail, position: undefined }).success).toBe(false);
  });

  it('of health keep what explains a component', () => {
    const answer = {
      status: 'degraded',
      timestamp: '2026-11-22T09:30:00Z',
      components: { agents: { status: 'unhealthy', inventory_agent: { status: 'unhealthy' } } },
    };

    expect(healthAnswerSchema.parse(answer)).toEqual(answer);
    expect(healthAnswerSchema.safeParse({ ...answer, components: { database: {} } }).success).toBe(false);
  });
});

describe('requests', () => {
  it.each([backupRequestSchema, agentTurnRequestSchema])('refuse a field that nobody reads', (schema) => {
    expect(schema.safeParse({ reason: 'before the update' }).success).toBe(true);
    expect(schema.safeParse({ raeson: 'before the update' }).success).toBe(false);
  });
});
