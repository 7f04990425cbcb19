import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { BUS_MIGRATIONS, type Bus } from '#libs/messaging';
import { execute, makeSchema } from '../harness/server.ts';
import { openStewardLog } from '../harness/steward-log.ts';
import type { AtEnd } from '../harness/with-resources.ts';
import { EFFECTS } from './follower-protocol.ts';

/** Messages that are out at once over all replicas: enough that the server never waits for one of them. */
const MAX_ACK_PENDING = 8_192;

/** Events that a replica works on at once, as a service does that is not configured otherwise. */
export const CONCURRENCY = 8;

/** A schema with the product's tables, and one for the effects. */
export async function openFollowingService(url: string, schema: string, atEnd: AtEnd): Promise<void> {
  await makeSchema(url, schema, atEnd);
  const { database } = await openStewardLog(url, schema, atEnd, BUS_MIGRATIONS);
  await database.query(EFFECTS);
}

/** As if it had never followed anything. */
export async function forgetFollowed(url: string, schema: string): Promise<void> {
  await execute(
    url,
    `set search_path = ${schema}; truncate effects, inbox, inbox_ahead, parked_messages, slot_leases, slot_members`,
  );
}

/** A new consumer, as plain ones are made, that replicas share. @param from which message it begins with */
export async function renewDurable(
  bus: Bus,
  { stream, durable, from }: Readonly<{ stream: string; durable: string; from: 'the oldest' | 'the next' }>,
): Promise<void> {
  await dropDurable(bus, stream, durable);
  await bus.manager.consumers.add(stream, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: from === 'the oldest' ? DeliverPolicy.All : DeliverPolicy.New,
    max_ack_pending: MAX_ACK_PENDING,
  });
}

export async function dropDurable({ manager }: Bus, stream: string, durable: string): Promise<void> {
  await manager.consumers.delete(stream, durable).catch(() => undefined); // the first time there is none
}
