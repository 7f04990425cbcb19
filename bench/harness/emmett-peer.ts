import { createRequire } from 'node:module';
import pg from 'pg';
import { z } from 'zod';
import type { SampleEvent } from './sample-events.ts';
import type { AtEnd } from './with-resources.ts';

/** An event store of Emmett's, reduced to what is measured. */
export interface EmmettLog {
  /** @returns the stream's version afterwards */
  append(stream: string, events: readonly SampleEvent[], expected: bigint | 'any'): Promise<bigint>;
  /** @returns how many events the stream has */
  readStream(stream: string): Promise<number>;
  /** @returns how many events the page has, and the position to go on from */
  readLog(after: bigint, limit: number): Promise<Readonly<{ events: number; last: bigint }>>;
}

export type EmmettOptions = Readonly<{
  url: string;
  schema: string;
  /** Absent: as Emmett makes its pool itself, which is pg's default of 10 connections. */
  poolSize?: number;
}>;

export type EmmettPeer = Readonly<{
  version: string;
  open: (options: EmmettOptions, atEnd: AtEnd) => Promise<EmmettLog>;
}>;

const PEERS = new URL('../peers/package.json', import.meta.url);
const STORE = '@event-driven-io/emmett-postgresql';

type Call<Arguments extends readonly unknown[]> = (...values: Arguments) => unknown;
type StoreModule = Readonly<{
  getPostgreSQLEventStore: Call<[url: string, options: object]>;
  readMessagesBatch: Call<[execute: unknown, options: Readonly<{ after: bigint; batchSize: number }>]>;
}>;
type PoolModule = Readonly<{ dumbo: Call<[options: object]> }>;
type Pool = Readonly<{ execute: unknown; close: Call<[]> }>;
type Store = Readonly<{
  appendToStream: Call<[stream: string, events: readonly object[], options?: object]>;
  readStream: Call<[stream: string]>;
  schema: Readonly<{ migrate: Call<[]> }>;
}>;

/** What is loaded at run time, and not there when types are checked, shows by its functions what it is. */
function having<Type extends object>(functions: readonly (keyof Type & string)[]): z.ZodType<Type> {
  const isOne = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    functions.every((name) => typeof Reflect.get(value, name) === 'function');
  return z.custom<Type>(isOne, { error: `has not all of the functions ${functions.join(', ')}` });
}

const list = z.custom<readonly unknown[]>(Array.isArray);
const peersSchema = z.object({ dependencies: z.object({ [STORE]: z.string() }) });
const storeModuleSchema = having<StoreModule>(['getPostgreSQLEventStore', 'readMessagesBatch']);
const poolModuleSchema = having<PoolModule>(['dumbo']);
const poolSchema = having<Pool>(['close']);
const storeSchema = having<Store>(['appendToStream', 'readStream']);
const appendedSchema = z.object({ nextExpectedStreamVersion: z.bigint() });
const streamSchema = z.object({ events: list });
const pageSchema = z.object({ messages: list, currentGlobalPosition: z.bigint() });

/** Emmett, when `bench/peers` is installed. @throws when it is, and is not what this was written for */
export function loadEmmett(): EmmettPeer | undefined {
  const peer = createRequire(PEERS);
  try {
    peer.resolve(STORE);
  } catch {
    return undefined; // not installed: the caller says so
  }
  const { getPostgreSQLEventStore, readMessagesBatch } = storeModuleSchema.parse(peer(STORE));
  const { dumbo } = poolModuleSchema.parse(peer('@event-driven-io/dumbo'));
  const { dependencies } = peersSchema.parse(peer(PEERS.pathname));
  return {
    version: dependencies[STORE],
    open: async ({ url, schema, poolSize }, atEnd) => {
      const there = new URL(url);
      there.searchParams.set('options', `-c search_path=${schema}`);
      const native = poolSize === undefined ? undefined : new pg.Pool({ connectionString: there.href, max: poolSize });
      const pool = poolSchema.parse(dumbo({ connectionString: there.href, ...(native ? { pool: native } : {}) }));
      const store = storeSchema.parse(getPostgreSQLEventStore(there.href, { connectionOptions: { dumbo: pool } }));
      atEnd(async () => {
        await pool.close();
        await native?.end();
      });
      await store.schema.migrate();
      return {
        append: async (stream, events, expected) => {
          const options = expected === 'any' ? {} : { expectedStreamVersion: expected };
          return appendedSchema.parse(await store.appendToStream(stream, events, options)).nextExpectedStreamVersion;
        },
        readStream: async (stream) => streamSchema.parse(await store.readStream(stream)).events.length,
        readLog: async (after, limit) => {
          const page = pageSchema.parse(await readMessagesBatch(pool.execute, { after, batchSize: limit }));
          return { events: page.messages.length, last: page.currentGlobalPosition };
        },
      };
    },
  };
}
