import { describe, expect, it } from '@jest/globals';
import type { Heartbeat } from '#libs/contracts';
import type { HealthConfiguration } from '../../config.ts';
import type { HeartbeatBoard } from '../adapters/heartbeat-board.ts';
import { HeartbeatsReaction } from './heartbeats.reaction.ts';

const agent: Heartbeat = {
  service: 'agent',
  instanceId: 'one',
  component: 'inventory_agent',
  kind: 'agent',
  status: 'running',
  at: '2026-03-02T09:00:00Z',
};

async function written(...heartbeats: object[]): Promise<(readonly [string, string, number])[]> {
  const rows: (readonly [string, string, number])[] = [];
  const board = {
    record: ({ component, status }: Heartbeat, gapMs: number) => {
      rows.push([component, status, gapMs]);
      return Promise.resolve();
    },
  } as unknown as HeartbeatBoard;
  const configuration = { HEARTBEAT_INTERVAL_MS: 1_000, AGENT_SILENT_AFTER_MS: 10_000 } as HealthConfiguration;
  const reaction = new HeartbeatsReaction(board, configuration);
  for (const heartbeat of heartbeats) await reaction.record(JSON.stringify(heartbeat));
  return rows;
}

describe('heartbeats', () => {
  it('are written once when they come in a flood', async () => {
    expect(await written(agent, agent, agent)).toEqual([['inventory_agent', 'running', 10_000]]);
  });

  it('are written at once when they say something new', async () => {
    const paused = { ...agent, status: 'paused' };
    expect((await written(agent, paused, paused, agent)).map(([, status]) => status)).toEqual([
      'running',
      'paused',
      'running',
    ]);
  });

  it('of this service itself may miss two intervals before its listening counts as interrupted', async () => {
    expect(await written({ ...agent, kind: 'service', component: 'health-service' })).toEqual([
      ['health-service', 'running', 3_000],
    ]);
  });

  it('that break their schema are refused', async () => {
    await expect(written({ ...agent, status: 'fine' })).rejects.toThrow('status');
    await expect(written({ ...agent, component: 'Not An Agent' })).rejects.toThrow('snake_case');
  });
});
