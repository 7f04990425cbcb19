import { JetStreamApiCodes, JetStreamApiError, type ConsumerInfo } from '@nats-io/jetstream';
import type { StreamName } from '#libs/contracts';
import { SECOND_MS } from '#libs/kernel';
import type { Bus } from '../bus.ts';
import { BusUnavailable } from '../errors.ts';
import { standardOf, type ConfigValues, type FieldRules } from './config-values.ts';
import { ConsumerDrift } from './provisioning.errors.ts';
import { settle, type ProvisioningListener, type Target } from './settle.ts';
import { hoursOf } from './stream-settings.ts';

/** A durable pull consumer that every message of a stream is acknowledged to. */
export type WantedConsumer = Readonly<{
  stream: StreamName;
  /** Durable name: `<service>_<purpose>`. Another name reads the stream from its beginning. */
  name: string;
  /** How long the server waits for an acknowledgement before it sends a message again. @default 30 s */
  ackWaitMs?: number;
  /** Messages that may be without acknowledgement at once. @default 4096 */
  maxAckPending?: number;
}>;

const NANOSECONDS_PER_MS = 1_000_000;
const ACK_WAIT_MS = 30 * SECOND_MS;
const MAX_ACK_PENDING = 4_096;

/** The fields of a consumer that this system depends on. */
const CONSUMER_RULES: FieldRules = {
  ack_policy: { absent: 'none', fixed: true },
  deliver_policy: { absent: 'all', fixed: true },
  replay_policy: { absent: 'instant', fixed: true },
  deliver_subject: { absent: '', fixed: true },
  filter_subject: { absent: '', fixed: true },
  filter_subjects: { absent: [], fixed: true },
  headers_only: { absent: false, fixed: true },
  inactive_threshold: { absent: 0, show: hoursOf, fixed: true },
  ack_wait: { absent: ACK_WAIT_MS * NANOSECONDS_PER_MS, show: hoursOf, flag: (value) => `--wait=${hoursOf(value)}` },
  max_deliver: { absent: -1, flag: (value) => `--max-deliver=${String(value)}` },
  max_ack_pending: { absent: 1_000, flag: (value) => `--max-pending=${String(value)}` },
};

/**
 * Makes the consumer when it is missing, and changes it when this system made it and wants it otherwise now.
 *
 * @throws ConsumerDrift when somebody else changed it
 * @throws ProvisioningRefused BusUnavailable; the latter also when its stream is not there
 */
export async function provisionConsumer(
  bus: Bus,
  wanted: WantedConsumer,
  listener: ProvisioningListener = {},
): Promise<ConsumerInfo> {
  await settle(consumerTarget(bus, wanted), listener);
  return consumerInfo(bus, wanted);
}

/**
 * Deletes the consumer and makes it anew, so that it begins at the stream's first message. Nothing is applied twice by it: an
 * inbox knows what was applied. Fetches that wait at the old one end with an error.
 *
 * @throws ProvisioningRefused BusUnavailable
 */
export async function recreateConsumer(
  bus: Bus,
  wanted: WantedConsumer,
  listener: ProvisioningListener = {},
): Promise<ConsumerInfo> {
  try {
    await bus.manager.consumers.delete(wanted.stream, wanted.name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw new BusUnavailable(error);
    if (error.code !== JetStreamApiCodes.ConsumerNotFound) throw new BusUnavailable(error);
  }
  return provisionConsumer(bus, wanted, listener);
}

/**
 * Whether the server's consumer stands behind the stream's end: after a broker lost its newest messages it would pass over
 * as many new ones. {@link recreateConsumer} puts that right.
 *
 * @throws BusUnavailable also when the stream or the consumer is not there
 */
export async function isAheadOfStream(bus: Bus, { stream, name }: WantedConsumer): Promise<boolean> {
  // In this order, since messages come in between: the stream's end only grows.
  const { delivered } = await consumerInfo(bus, { stream, name });
  try {
    const { state } = await bus.manager.streams.info(stream);
    return delivered.stream_seq > state.last_seq;
  } catch (error) {
    throw new BusUnavailable(error);
  }
}

async function consumerInfo(bus: Bus, { stream, name }: WantedConsumer): Promise<ConsumerInfo> {
  try {
    return await bus.manager.consumers.info(stream, name);
  } catch (error) {
    throw new BusUnavailable(error);
  }
}

function consumerTarget(bus: Bus, { stream, name, ...how }: WantedConsumer): Target {
  const { consumers } = bus.manager;
  return {
    kind: 'consumer',
    name,
    rules: CONSUMER_RULES,
    wanted: wantedConsumer(how),
    beforeNotes: wantedConsumer({ ackWaitMs: 5 * SECOND_MS, maxAckPending: 1_000 }),
    text: `Instances of ${name.split('_')[0] ?? name}-service.`,
    editCommand: `nats consumer edit ${stream} ${name}`,
    replace: `nats consumer rm ${stream} ${name} is safe: the service makes it anew, and its inbox knows what was applied.`,
    read: async () => ({ ...(await consumers.info(stream, name)).config }),
    create: async (config) => ({ ...(await consumers.add(stream, { ...config, durable_name: name })).config }),
    update: async (config) => ({ ...(await consumers.update(stream, name, config)).config }),
    drift: (explanations) => new ConsumerDrift(`${name} of stream ${stream}`, explanations),
  };
}

function wantedConsumer({ ackWaitMs, maxAckPending }: Omit<WantedConsumer, 'stream' | 'name'>): ConfigValues {
  return {
    ...standardOf(CONSUMER_RULES),
    ack_policy: 'explicit',
    ack_wait: (ackWaitMs ?? ACK_WAIT_MS) * NANOSECONDS_PER_MS,
    max_ack_pending: maxAckPending ?? MAX_ACK_PENDING,
  };
}
