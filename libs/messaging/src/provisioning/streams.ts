import { STREAMS, type StreamName } from '#libs/contracts';
import type { Bus } from '../bus.ts';
import { StreamDrift } from './provisioning.errors.ts';
import { outlook, settle, type ProvisioningListener, type Target, type UnsupportedFeature } from './settle.ts';
import {
  replaceStream,
  STREAM_RULES,
  streamBeforeNotes,
  streamText,
  streamWarning,
  wantedStream,
  type StreamLimits,
} from './stream-settings.ts';
import { shown } from './config-values.ts';

/**
 * Makes the streams that are missing, and changes those that this system made when its configuration has changed since.
 * Every service does so at start, in any order and at the same time. What somebody else changed is left as it is.
 *
 * @returns features that the configuration asks for and the server does not have; all else works without them
 * @throws StreamDrift when a stream was changed by somebody else, or must change in a way that no server can
 * @throws ProvisioningRefused when the server cannot keep such a stream
 * @throws BusUnavailable
 */
export async function provisionStreams(
  bus: Bus,
  limits: StreamLimits = {},
  listener: ProvisioningListener = {},
): Promise<readonly UnsupportedFeature[]> {
  const unsupported: UnsupportedFeature[] = [];
  for (const name of STREAMS) unsupported.push(...(await settle(streamTarget(bus, name, limits), listener)));
  return unsupported;
}

/**
 * Makes a stream that is missing, and never changes one that is there: for recovery, which must not change configuration.
 *
 * @returns whether it made the stream
 * @throws ProvisioningRefused BusUnavailable
 */
export async function ensureStream(
  bus: Bus,
  name: StreamName,
  limits: StreamLimits = {},
  listener: ProvisioningListener = {},
): Promise<boolean> {
  const target = streamTarget(bus, name, limits);
  if ((await outlook(target)).action !== 'create') return false;
  await settle(target, listener);
  return true;
}

/** What is otherwise than configured with a stream. */
export type StreamTrouble = Readonly<{
  stream: StreamName;
  trouble: 'missing' | 'changed by somebody else' | 'configured otherwise by another service';
  detail: readonly string[];
}>;

/**
 * Looks, and changes nothing.
 * @param unsupported what {@link provisionStreams} found the server to lack, which is no trouble of a stream
 * @throws BusUnavailable
 */
export async function inspectStreams(
  bus: Bus,
  limits: StreamLimits,
  unsupported: readonly UnsupportedFeature[],
): Promise<readonly StreamTrouble[]> {
  const troubles: StreamTrouble[] = [];
  for (const stream of STREAMS) {
    const plan = await outlook(streamTarget(bus, stream, limits), unsupported);
    if (plan.action === 'create') {
      troubles.push({ stream, trouble: 'missing', detail: ['A relay or the next start of a service makes it anew.'] });
    } else if (plan.action === 'refuse') {
      troubles.push({ stream, trouble: 'changed by somebody else', detail: plan.explanations });
    } else if (plan.action === 'update' && plan.differences.length > 0) {
      const detail = plan.differences.map(
        ({ field, from, to }) =>
          `${field} is ${shown(STREAM_RULES, field, from)}, and this service asks for ${shown(STREAM_RULES, field, to)}.`,
      );
      troubles.push({ stream, trouble: 'configured otherwise by another service', detail });
    }
  }
  return troubles;
}

function streamTarget(bus: Bus, name: StreamName, limits: StreamLimits): Target {
  const { streams } = bus.manager;
  return {
    kind: 'stream',
    name,
    rules: STREAM_RULES,
    wanted: wantedStream(name, limits),
    beforeNotes: streamBeforeNotes(name),
    text: streamText(name),
    editCommand: `nats stream edit ${name}`,
    replace: replaceStream(name),
    read: async () => ({ ...(await streams.info(name)).config }),
    create: async (config) => ({ ...(await streams.add({ ...config, name })).config }),
    update: async (config) => ({ ...(await streams.update(name, config)).config }),
    drift: (explanations) => new StreamDrift(name, explanations),
    warning: (difference) => streamWarning(name, difference),
  };
}
