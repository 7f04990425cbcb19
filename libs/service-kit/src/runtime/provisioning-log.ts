import type { ProvisioningListener } from '#libs/messaging';
import type { Logger } from '../ports.ts';

/** Writes down everything that is changed at the NATS server, since nothing is changed silently. */
export function provisioningLog(logger: Logger): ProvisioningListener {
  return {
    onChange: ({ kind, name, action, differences, warnings }) => {
      if (action === 'noted')
        logger.debug({ [kind]: name }, `${kind} ${name} is as wanted; that is noted at the server`);
      else logger.info({ [kind]: name, differences }, `${kind} ${name} was ${action}`);
      for (const warning of warnings) logger.warn({ [kind]: name }, warning);
    },
    onUnsupported: ({ kind, name, field, wanted, reason }) => {
      logger.warn(
        { [kind]: name, field, wanted, reason },
        `${kind} ${name} goes without ${field}: the server lacks it`,
      );
    },
  };
}
