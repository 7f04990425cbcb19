import { heartbeatSubject, type Heartbeat } from '#libs/contracts';
import { PeriodicWork } from './periodic-work.ts';
import type { Runtime } from './runtime.module.ts';

type Needs = Pick<Runtime, 'bus' | 'clock' | 'configuration' | 'health' | 'logger'>;

/**
 * Says every `HEARTBEAT_INTERVAL_MS` that the service lives and whether it works, on
 * `heartbeat.<name>.<name>-service`; health-service listens.
 *
 * What the health checks say is fetched beside it: a database that hangs must not make the service look dead.
 */
export function serviceHeartbeat(name: string, { bus, clock, configuration, health, logger }: Needs): PeriodicWork {
  const component = `${name}-service`;
  let status: Heartbeat['status'] = 'running';
  let isAsking = false;
  const ask = (): void => {
    if (isAsking) return;
    isAsking = true;
    void health.report().then((report) => {
      status = report.status === 'unhealthy' ? 'failing' : 'running';
      isAsking = false;
    });
  };
  return new PeriodicWork({
    name: 'heartbeat',
    everyMs: configuration.HEARTBEAT_INTERVAL_MS,
    work: () => {
      ask();
      if (!bus.isConnected) return;
      const heartbeat: Heartbeat = {
        service: name,
        instanceId: configuration.INSTANCE_ID,
        component,
        kind: 'service',
        status,
        at: clock.now().toISOString(),
      };
      bus.publish(heartbeatSubject(name, component), JSON.stringify(heartbeat));
    },
    onFailure: (error) => {
      logger.warn({ err: error }, 'a heartbeat could not be sent');
    },
  });
}
