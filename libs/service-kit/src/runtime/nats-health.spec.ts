import { describe, expect, it } from '@jest/globals';
import type { Durability } from '#libs/messaging';
import { loadConfiguration } from '../configuration/load-configuration.ts';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { conditionOf, streamLimits } from './nats-health.ts';

const DURABILITY: Durability = {
  grade: 'page-cache',
  syncIntervalMs: { value: 120_000, source: '/varz of nats-0', assumed: false },
  replicas: { value: 1, source: 'stream EVT_AGENT, which has the fewest', assumed: false },
  version: { value: '2.14.5', source: 'the server that this service is connected to', assumed: false },
};
const LOOK = { durability: DURABILITY, troubles: [] };

describe('NATS at /health', () => {
  it('shows its durability, which is no trouble, since Postgres has the events', () => {
    expect(conditionOf(LOOK, [])).toEqual({ status: 'healthy', durability: DURABILITY });
  });

  it('is healthy before the first look, and degraded when a look fails', () => {
    expect(conditionOf(undefined, [])).toEqual({ status: 'healthy' });
    expect(conditionOf({ error: 'NATS did not answer: timeout' }, [])).toEqual({
      status: 'degraded',
      error: 'NATS did not answer: timeout',
    });
  });

  it('is degraded while a stream is otherwise than configured, and explains it', () => {
    const trouble = { stream: 'EVT_AGENT', trouble: 'changed by somebody else', detail: ['max_age is 24h'] } as const;

    expect(conditionOf({ ...LOOK, troubles: [trouble] }, [])).toMatchObject({ status: 'degraded', streams: [trouble] });
  });

  it('is degraded when the server lacks a feature that was asked for, or its page does not tell', () => {
    const feature = { kind: 'stream', name: 'ALERTS', field: 'compression', wanted: 's2', reason: 'too old' } as const;

    expect(conditionOf(LOOK, [feature])).toMatchObject({
      status: 'degraded',
      unsupported: ['stream ALERTS is without compression s2: too old'],
    });
    expect(conditionOf({ ...LOOK, durability: { ...DURABILITY, problem: 'no page' } }, [])).toMatchObject({
      status: 'degraded',
    });
  });
});

describe('the settings of the streams', () => {
  const limitsOf = (environment: Record<string, string>) =>
    streamLimits(loadConfiguration(baseConfiguration, environment, () => ''));

  it('are seven days, one copy, as much as the server has, and no compression, unless told otherwise', () => {
    expect(limitsOf({})).toEqual({ replicas: 1, maxAgeMs: 604_800_000, maxBytes: undefined, compression: 'none' });
    expect(
      limitsOf({
        STREAM_REPLICAS: '3',
        STREAM_MAX_AGE_HOURS: '24',
        STREAM_MAX_BYTES: '2000000',
        STREAM_COMPRESSION: 's2',
      }),
    ).toEqual({ replicas: 3, maxAgeMs: 86_400_000, maxBytes: 2_000_000, compression: 's2' });
  });

  it.each([
    ['STREAM_REPLICAS', '6'],
    ['STREAM_MAX_AGE_HOURS', '0'],
    ['STREAM_MAX_BYTES', '1000'],
    ['STREAM_COMPRESSION', 'zip'],
    ['NATS_MONITORING_URL', 'nats://nats:8222'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => limitsOf({ [name]: value })).toThrow(name);
  });
});
