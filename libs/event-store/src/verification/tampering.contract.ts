import type { Queryable } from '../event-store.ts';
import { execute } from '#libs/testing';
import { ChainLinks, type StoredEvent } from './chain-link.ts';
import { eventPages } from './event-pages.ts';
import { ZERO_HASH } from './signed-head.ts';

/** The tables that a log consists of, in an order in which they can be filled. */
const TABLES = ['lanes', 'streams', 'events', 'idempotency_keys', 'signed_heads', 'signed_heads_end'];

/** Changes a log as nobody but a superuser can, and puts everything back. */
export class Tampering {
  private readonly url: string;
  private readonly schema: string;

  constructor(url: string, schema: string) {
    this.url = url;
    this.schema = schema;
  }

  /** Keeps a copy of the log as it is now. */
  async keep(): Promise<void> {
    await execute(
      this.url,
      `create schema kept; ${TABLES.map((table) => `create table kept.${table} as table ${this.schema}.${table}`).join('; ')}`,
    );
  }

  /** Runs statements with all triggers off, and the log's tables on the search path. */
  async free(statements: string): Promise<void> {
    await execute(this.url, `set session_replication_role = replica; set search_path = ${this.schema}; ${statements}`);
  }

  async restore(): Promise<void> {
    const tables = TABLES.map((table) => `delete from ${table}; insert into ${table} table kept.${table}`);
    await this.free(tables.join('; '));
  }
}

/** Writes each event's hash anew, and that of the lane's head: what somebody does who hides a change. */
export async function recomputeChain(database: Queryable, tampering: Tampering, lane = 0): Promise<void> {
  const links = new ChainLinks();
  let hash = ZERO_HASH;
  let last: StoredEvent | undefined;
  const updates: string[] = [];
  for await (const page of eventPages(database, { lane, after: 0, upTo: 1_000_000 })) {
    for (const event of page) {
      hash = links.after(hash, event);
      updates.push(`update events set hash = '\\x${hash}' where lane = ${lane} and position = ${event.position}`);
      last = event;
    }
  }
  updates.push(`update lanes set position = ${last?.position ?? 0}, hash = '\\x${hash}' where lane = ${lane}`);
  await tampering.free(updates.join('; '));
}

/** A generator of numbers that a seed decides (mulberry32). */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
