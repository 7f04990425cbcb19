import { describe, expect, it } from '@jest/globals';
import { heartbeatSchema } from '#libs/contracts';
import { eventually, fixedClock } from '#libs/testing';
import { HealthRegistry } from '../health/health-registry.ts';
import type { Runtime } from './runtime.module.ts';
import { serviceHeartbeat } from './service-heartbeat.ts';

type Sent = { subject: string; status: string; component: string };

function start(check: () => Promise<{ status: 'healthy' }>, isConnected = true) {
  const sent: Sent[] = [];
  const clock = fixedClock();
  const health = new HealthRegistry({ clock, cacheMs: 0, timeoutMs: 50 });
  health.register({ name: 'database', required: true, check });
  const runtime = {
    bus: {
      isConnected,
      publish: (subject: string, text: string) => {
        sent.push({ subject, ...heartbeatSchema.parse(JSON.parse(text)) });
      },
    },
    clock,
    health,
    configuration: { HEARTBEAT_INTERVAL_MS: 1, INSTANCE_ID: 'one' },
    logger: {},
  } as unknown as Runtime;
  const heartbeat = serviceHeartbeat('maintenance', runtime);
  heartbeat.start();
  return { sent, heartbeat };
}

describe('the heartbeat of a service', () => {
  it('names the service as its component', async () => {
    const { sent, heartbeat } = start(() => Promise.resolve({ status: 'healthy' }));
    await eventually(() => sent.length > 0);
    await heartbeat.stop();

    expect(sent[0]).toMatchObject({
      subject: 'heartbeat.maintenance.maintenance-service',
      component: 'maintenance-service',
      status: 'running',
    });
  });

  it('says failing when a required component is unhealthy', async () => {
    const { sent, heartbeat } = start(() => Promise.reject(new Error('no database')));
    await eventually(() => sent.at(-1)?.status === 'failing');
    await heartbeat.stop();
  });

  it('goes on while a check hangs', async () => {
    const { sent, heartbeat } = start(() => new Promise(() => undefined));
    await eventually(() => sent.length >= 3);
    await heartbeat.stop();
  });
});
