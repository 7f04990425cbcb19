import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { STREAM_SUBJECTS, STREAMS, type StreamName } from '#libs/contracts';
import { DAY_MS, MINUTE_MS } from '#libs/kernel';
import type { Bus } from './bus.ts';
import { StreamDrift } from './errors.ts';

const NANOSECONDS_PER_MS = 1_000_000;

/** What an operator may decide about the streams. */
export type StreamLimits = Readonly<{
  /** Copies in a cluster. @default 1 */
  replicas?: number;
  /** How long messages stay. Postgres keeps them for ever. @default 7 days */
  maxAgeMs?: number;
}>;

/** Within it the server drops a message whose `Nats-Msg-Id` it has seen. */
const DUPLICATE_WINDOW_MS = 2 * MINUTE_MS;

function wanted(name: StreamName, limits: StreamLimits): Partial<StreamConfig> & { name: string; subjects: string[] } {
  return {
    name,
    subjects: [STREAM_SUBJECTS[name]],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: limits.replicas ?? 1,
    max_age: (limits.maxAgeMs ?? 7 * DAY_MS) * NANOSECONDS_PER_MS,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOSECONDS_PER_MS,
  };
}

/**
 * Creates the streams that are missing. Every service does so at start, in any order.
 * @throws StreamDrift when one exists with other settings
 */
export async function provisionStreams(bus: Bus, limits: StreamLimits = {}): Promise<void> {
  for (const name of STREAMS) await provisionStream(bus, wanted(name, limits));
}

/** The server's code for a stream that is not there. */
const STREAM_NOT_FOUND = 10059;

async function provisionStream(bus: Bus, config: ReturnType<typeof wanted>): Promise<void> {
  const existing = await existingConfig(bus, config.name);
  if (!existing) {
    await bus.manager.streams.add(config);
    return;
  }
  const differences = Object.entries(config).flatMap(([key, value]) => {
    const actual: unknown = existing[key];
    return JSON.stringify(actual) === JSON.stringify(value)
      ? []
      : [`${key} is ${JSON.stringify(actual)}, wanted ${JSON.stringify(value)}`];
  });
  if (differences.length > 0) throw new StreamDrift(config.name, differences);
}

async function existingConfig(bus: Bus, name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { config } = await bus.manager.streams.info(name);
    return { ...config };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}
