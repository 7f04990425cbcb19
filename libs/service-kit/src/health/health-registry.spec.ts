import { describe, expect, it } from '@jest/globals';
import { fixedClock } from '#libs/testing';
import type { ComponentHealth, HealthStatus } from './health-indicator.ts';
import { HealthRegistry } from './health-registry.ts';

const answering = (name: string, required: boolean, status: HealthStatus) => ({
  name,
  required,
  check: (): Promise<ComponentHealth> => Promise.resolve({ status, latencyMs: 3 }),
});

const registryOf = (...indicators: Parameters<HealthRegistry['register']>[0][]) => {
  const clock = fixedClock();
  const registry = new HealthRegistry({ clock, timeoutMs: 30 });
  for (const indicator of indicators) registry.register(indicator);
  return { clock, registry };
};

describe('the health of a service', () => {
  it.each([
    [[], 'healthy', true],
    [[answering('a', true, 'healthy'), answering('b', false, 'healthy')], 'healthy', true],
    [[answering('a', true, 'healthy'), answering('b', false, 'unhealthy')], 'degraded', true],
    [[answering('a', true, 'degraded')], 'degraded', true],
    [[answering('a', true, 'unhealthy'), answering('b', false, 'healthy')], 'unhealthy', false],
  ] as const)('follows its components (%#)', async (indicators, status, isReady) => {
    const { registry } = registryOf(...indicators);

    expect(await registry.report()).toMatchObject({ status });
    expect(await registry.isReady()).toBe(isReady);
  });

  it('reports each component with its details and the time', async () => {
    const { registry } = registryOf(answering('database', true, 'healthy'));

    expect(await registry.report()).toEqual({
      status: 'healthy',
      timestamp: '2026-03-02T09:00:00.000Z',
      components: { database: { status: 'healthy', latencyMs: 3 } },
    });
  });

  it('takes a failure for unhealthy and keeps credentials to itself', async () => {
    const check = () => Promise.reject(new Error('connect postgresql://steward:hunter2@db:5432 refused'));
    const { registry } = registryOf({ name: 'database', required: true, check });

    const { components } = await registry.report();

    expect(components['database']).toEqual({
      status: 'unhealthy',
      error: 'connect postgresql://steward:***@db:5432 refused',
    });
  });

  it('takes a failure before the first await for unhealthy too', async () => {
    const check = (): Promise<ComponentHealth> => {
      throw new Error('no client yet');
    };
    const { registry } = registryOf({ name: 'nats', required: true, check });

    expect(await registry.report()).toMatchObject({ status: 'unhealthy' });
  });

  it('waits for nobody beyond the timeout, and tells who is late', async () => {
    const aborted = Promise.withResolvers<boolean>();
    const check = (signal: AbortSignal): Promise<ComponentHealth> => {
      signal.addEventListener('abort', () => {
        aborted.resolve(signal.aborted);
      });
      return new Promise(() => undefined);
    };
    const { registry } = registryOf({ name: 'claude_api', required: false, check });

    expect((await registry.report()).components['claude_api']).toEqual({
      status: 'unhealthy',
      error: 'gave no answer within 30 ms',
    });
    expect(await aborted.promise).toBe(true);
  });

  it('asks once for all probes of a second', async () => {
    let asked = 0;
    const check = (): Promise<ComponentHealth> => {
      asked += 1;
      return Promise.resolve({ status: 'healthy' });
    };
    const { clock, registry } = registryOf({ name: 'database', required: true, check });

    await Promise.all([registry.report(), registry.isReady(), registry.report()]);
    clock.advance(999);
    await registry.report();
    expect(asked).toBe(1);

    clock.advance(1);
    await registry.report();
    expect(asked).toBe(2);
  });

  it('is not ready from the moment the shutdown begins', async () => {
    const { registry } = registryOf(answering('database', true, 'healthy'));
    const askedBefore = registry.isReady();

    registry.beginShutdown();

    expect(await askedBefore).toBe(false);
    expect(await registry.isReady()).toBe(false);
  });

  it('takes one indicator of each name', () => {
    const { registry } = registryOf(answering('database', true, 'healthy'));

    expect(() => {
      registry.register(answering('database', false, 'healthy'));
    }).toThrow('Two health indicators are named "database"');
  });
});
