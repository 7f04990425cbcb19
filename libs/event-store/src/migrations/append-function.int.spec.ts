import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { eventId, slotOf, streamId } from '#libs/kernel';
import { createTestDatabase, sequentialIds, type TestDatabase } from '#libs/testing';
import { canonicalJson, chainHash, fingerprintOf, type HashedEvent } from '../canonical-form.ts';
import { position, START, type Append } from '../event-store.ts';
import { connectionOptions, Database } from '../postgres/database.ts';
import { counted, METADATA, TENANT } from '../postgres/log-fixture.contract.ts';
import { migrate, readModelDataSource } from '../postgres/migrate.ts';
import { PostgresEventStore } from '../postgres/postgres-event-store.ts';
import { verifyChain } from '../verification/verify-chain.ts';
import { LogTables2026112200001 } from './log-tables.ts';

jest.setTimeout(30_000);

/** More than the migration takes at a time. */
const EVENTS = 2_345;
/** What jsonb keeps in another order, or writes in another way, than it came. */
const DATA = {
  longer: 1,
  b: [1e21, 5e-324, 0.1, -0, 1.5e300, 123456789012345680000, 1e-7, 100, -12.5],
  a: { 'ü\u2028': 'é😀\u001f"\\/', '😀': null, '': [], z: {}, 10: true, 9: false },
  text: 'line\nline\ttab',
};
const DATA_TEXT =
  '{"a":{"":[],"10":true,"9":false,"z":{},"ü\u2028":"é😀\\u001f\\"\\\\/","😀":null},' +
  '"b":[1e+21,5e-324,0.1,0,1.5e+300,123456789012345680000,1e-7,100,-12.5],"longer":1,"text":"line\\nline\\ttab"}';

/** An event as the release before wrote it, with the text that its hash covers. */
type OldEvent = HashedEvent & Readonly<{ hash: Buffer }>;

function oldEvents(): OldEvent[] {
  const ids = sequentialIds();
  let hash: Buffer = Buffer.alloc(32);
  return Array.from({ length: EVENTS }, (_, index) => {
    const stream = streamId('item', `s${index % 7}`);
    const event: HashedEvent = {
      position: position(index + 1),
      lane: 0,
      slot: slotOf(TENANT, stream),
      tenant: TENANT,
      streamId: stream,
      category: 'item',
      streamVersion: Math.floor(index / 7) + 1,
      type: index % 5 === 0 ? 'weighed' : 'counted',
      typeVersion: 1 + (index % 2),
      id: ids.next(),
      data: canonicalJson({ ...DATA, number: index }),
      metadata: canonicalJson(METADATA),
      recordedAt: new Date(Date.UTC(2026, 0, 1) + index).toISOString(),
    };
    hash = chainHash(hash, event);
    return { ...event, hash };
  });
}

/** The statement by which the release before stored events: payloads as jsonb. */
const INSERT = `
insert into events select * from json_populate_recordset(null::events, $1)`;

async function storeAsBefore(database: Database, events: readonly OldEvent[]): Promise<void> {
  const rows = events.map((event) => ({
    ...{ position: event.position, lane: event.lane, slot: event.slot, tenant: event.tenant },
    ...{ stream_id: event.streamId, category: event.category, stream_version: event.streamVersion },
    ...{ type: event.type, type_version: event.typeVersion, id: event.id, recorded_at: event.recordedAt },
    ...{ data: JSON.parse(event.data) as unknown, metadata: JSON.parse(event.metadata) as unknown },
    hash: `\\x${event.hash.toString('hex')}`,
  }));
  await database.query(INSERT, [JSON.stringify(rows)]);
  await database.query(
    `insert into streams (tenant, stream_id, category, slot, version, last_position)
     select tenant, stream_id, category, slot, max(stream_version), max(position) from events group by 1, 2, 3, 4`,
  );
  await database.query('update lanes set position = $1, hash = $2', [events.length, events.at(-1)?.hash]);
}

describe('a log of the release before', () => {
  const events = oldEvents();
  const once: Append = { ...counted('once', 'no-stream', 1), idempotencyKey: 'once' };
  let testDatabase: TestDatabase;
  let database: Database;
  let store: PostgresEventStore;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { url: testDatabase.url, schema: 'agent', applicationName: 'spec', migrations: [], entities: [] };
    database = new Database(options);
    await database.query('create schema agent');
    const before = await new DataSource({
      type: 'postgres',
      url: options.url,
      schema: options.schema,
      migrations: [LogTables2026112200001],
      migrationsTableName: 'migrations',
      extra: { options: connectionOptions(options.schema) },
    }).initialize();
    await before.runMigrations();
    await before.destroy();
    await storeAsBefore(database, events);
    await database.query(
      `insert into idempotency_keys (tenant, key, fingerprint, stream_version, first_position, last_position, at)
       values ($1, 'once', $2, 7, 7, 7, clock_timestamp())`,
      [TENANT, fingerprintOf(JSON.stringify([once.streamId, [['counted', 1, '{"number":1}']]]))],
    );
    const [stored] = await database.query<{ data: string }>('select data::text from events where position = 1');
    expect(stored?.data).not.toBe(events[0]?.data); // jsonb

    const now = await readModelDataSource(options).initialize();
    const ran = await migrate(now, options);
    await now.destroy();
    expect(ran[0]).toBe('AppendFunction2026112300001');
    store = new PostgresEventStore({ database, ids: sequentialIds(1) });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  it('keeps its chain', async () => {
    const last = events.at(-1)?.hash.toString('hex');

    expect(await verifyChain(database)).toEqual({ outcome: 'intact', events: EVENTS, position: EVENTS, hash: last });
  });

  it('holds the canonical text that the hashes cover, byte for byte', async () => {
    expect(canonicalJson(DATA)).toBe(DATA_TEXT);

    const stored = await database.query<{ data: string; metadata: string }>(
      'select data::text, metadata::text from events order by position',
    );

    expect(stored).toEqual(events.map(({ data, metadata }) => ({ data, metadata })));
  });

  it('gives its events as it gave them before', async () => {
    const [event] = await store.readAll({ after: START, limit: 1 });

    expect(event).toMatchObject({
      data: { ...DATA, b: [...DATA.b.slice(0, 3), 0, ...DATA.b.slice(4)], number: 0 },
      metadata: METADATA,
      recordedAt: new Date(Date.UTC(2026, 0, 1)),
      id: eventId(sequentialIds().nth(1)),
    });
  });

  it('knows the types that it holds, and where each came first', async () => {
    const types = await database.query('select type, type_version, first_position from event_types order by 3');

    expect(types).toEqual([
      { type: 'weighed', type_version: 1, first_position: 1 },
      { type: 'counted', type_version: 2, first_position: 2 },
      { type: 'counted', type_version: 1, first_position: 3 },
      { type: 'weighed', type_version: 2, first_position: 6 },
    ]);
  });

  it('is as unchangeable as before', async () => {
    for (const statement of [
      "update events set type = 'x'",
      'delete from events',
      'truncate events',
      'truncate events_p0',
    ]) {
      await expect(database.query(statement)).rejects.toThrow(/immutable/);
    }
  });

  it('goes on: streams, versions, keys and chain', async () => {
    const head = await store.head();
    expect(await store.append(counted('s1', Math.ceil(EVENTS / 7), 1))).toMatchObject({ firstPosition: head + 1 });
    expect(await store.append(once)).toEqual({
      outcome: 'duplicate',
      streamVersion: 7,
      firstPosition: 7,
      lastPosition: 7,
    });

    expect(await verifyChain(database)).toMatchObject({ outcome: 'intact', events: EVENTS + 1 });
  });
});
