import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually, execute } from '#libs/testing';
import { position, type PreparedStatement } from '../event-store.ts';
import { verifyChain } from '../verification/verify-chain.ts';
import { counted, openLog, TENANT, type LogFixture } from './log-fixture.contract.ts';
import { READ_ALL, READ_POSITIONS, READ_SLOTS } from './read.sql.ts';

jest.setTimeout(30_000);

const MILLION = 1_000_000;

let log: LogFixture;

beforeEach(async () => {
  log = await openLog();
});
afterEach(async () => {
  await log.close();
});

/** As the owner of the tables, without their triggers. */
const asOwner = (statement: string): Promise<void> =>
  execute(log.url, `set search_path = agent; set session_replication_role = replica; ${statement}`);

/** Makes the next position this one, as if all before it had been rolled back. */
const goTo = (next: number): Promise<void> => asOwner(`update lanes set position = ${next - 1}`);

async function createAhead(millions: number): Promise<number | undefined> {
  const [row] = await log.database.query<{ created: number }>('select create_partitions_ahead($1) as created', [
    millions * MILLION,
  ]);
  return row?.created;
}

/** Each partition with its bounds in millions, or none for the one that takes the rest. */
async function partitions(): Promise<string[]> {
  const rows = await log.database.query<{ name: string; bounds: string }>(
    `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
     from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'events'::regclass order by c.relname`,
  );
  return rows.map(({ name, bounds }) => {
    const [from, to] = [...bounds.matchAll(/\d+/g)].map(([number]) => Number(number) / MILLION);
    return to === undefined ? name : `${name} ${from}-${to}`;
  });
}

type Step = Readonly<{ node: string; partition: string; rows: number }>;

/** Postgres plans a prepared statement for the values of the day, or once for all values. */
type Plan = 'custom' | 'generic';

/** What a statement does when it runs: each step that ran, and how many rows came of it. */
async function stepsOf({ text }: PreparedStatement, values: string, plan: Plan): Promise<Step[]> {
  const [row] = await log.database.transaction(async (connection) => {
    await connection.query(`set local plan_cache_mode = force_${plan}_plan`);
    await connection.query(`prepare probe as ${text}`);
    const explained = await connection.query(`explain (analyze, format json) execute probe (${values})`);
    await connection.query('deallocate probe');
    return explained;
  });
  const steps: Step[] = [];
  JSON.stringify(row, (_key, node: unknown) => {
    const step = node as Record<string, unknown> | null;
    if (typeof step === 'object' && Number(step?.['Actual Loops']) > 0) {
      const { 'Node Type': name, 'Relation Name': relation, 'Actual Rows': rows } = step ?? {};
      steps.push({ node: String(name), partition: typeof relation === 'string' ? relation : '', rows: Number(rows) });
    }
    return node;
  });
  return steps;
}
async function partitionsRead(statement: PreparedStatement, values: string, plan: Plan): Promise<string[]> {
  const steps = await stepsOf(statement, values, plan);
  return steps.map(({ partition }) => partition).filter((partition) => partition !== '');
}

describe('partitions of the log', () => {
  it('are made for so many positions after the head, once', async () => {
    expect(await partitions()).toEqual(['events_beyond', 'events_p0 0-10', 'events_p1 10-20']);

    expect([await createAhead(20), await createAhead(25), await createAhead(25), await createAhead(0)]).toEqual([
      0, 1, 0, 0,
    ]);
    expect(await partitions()).toEqual(['events_beyond', 'events_p0 0-10', 'events_p1 10-20', 'events_p2 20-30']);

    await goTo(15 * MILLION);
    expect([await createAhead(25), await createAhead(25)]).toEqual([1, 0]);
    expect((await partitions()).at(-1)).toBe('events_p3 30-40');
  });

  it('are made once however many processes make them at the same time, while others append and read', async () => {
    await log.store.append(counted('early', 'any', 1)); // so that all makers see a head above 0
    const appends = Array.from({ length: 60 }, (_, index) => log.store.append(counted(`s${index % 5}`, 'any', index)));
    const reads = Array.from({ length: 20 }, () => log.store.readAll({ after: position(0), limit: 10 }));

    const created = await Promise.all(Array.from({ length: 4 }, () => createAhead(50)));
    await Promise.all([...appends, ...reads]);

    expect(created.reduce<number>((sum, made) => sum + (made ?? 0), 0)).toBe(4);
    expect((await partitions()).slice(-4)).toEqual([
      'events_p2 20-30',
      'events_p3 30-40',
      'events_p4 40-50',
      'events_p5 50-60',
    ]);
  });

  it('are not waited for long behind a long reader, since everyone else would wait, too', async () => {
    const [reading, ended] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const reader = log.database.transaction(async (connection) => {
      await connection.query('select count(*) from events');
      reading.resolve(undefined);
      await ended.promise;
    });
    await reading.promise;
    const startedAt = performance.now();
    const making = expect(createAhead(50)).rejects.toMatchObject({ code: 'event-store/unavailable', applied: 'no' });
    await eventually(async () => {
      const waiting = await log.database.query(
        "select from pg_locks where not granted and mode = 'AccessExclusiveLock' and relation = 'events'::regclass",
      );
      expect(waiting).toHaveLength(1);
    });

    await log.store.append(counted('meanwhile', 'any', 1));

    expect(performance.now() - startedAt).toBeLessThan(6_000);
    await making;
    ended.resolve(undefined);
    await reader;
    expect(await createAhead(50)).toBe(4);
  });

  it('are made of what was appended when none was there in time', async () => {
    await log.store.append(counted('early', 'any', 1));
    await goTo(20 * MILLION - 2);
    const late = await log.store.append(counted('late', 'any', 1, 2, 3, 4, 5));
    expect(late).toMatchObject({ firstPosition: 20 * MILLION - 2, lastPosition: 20 * MILLION + 2 });
    expect(await log.database.query('select count(*) as n from events_beyond')).toEqual([{ n: 3 }]);

    expect(await createAhead(0)).toBe(1);

    expect((await partitions()).slice(-1)).toEqual(['events_p2 20-30']);
    expect(await log.database.query('select count(*) as n from events_beyond')).toEqual([{ n: 0 }]);
    expect(await log.database.query('select count(*) as n from events_p2')).toEqual([{ n: 3 }]);
    await log.store.append(counted('late', 5, 6));
    const positions = (await log.store.readAll({ after: position(0), limit: 10 })).map((event) => event.position);
    expect(positions).toEqual([1, ...[-2, -1, 0, 1, 2, 3].map((offset) => 20 * MILLION + offset)]);
    expect(await verifyChain(log.database)).toMatchObject({ outcome: 'intact', events: 7 });
  });

  it('are made of what was appended far beyond the last one, and further ones after that', async () => {
    await goTo(47 * MILLION);
    await log.store.append(counted('late', 'any', 1));

    expect(await createAhead(20)).toBe(3);

    expect(await partitions()).toEqual([
      'events_beyond',
      'events_p0 0-10',
      'events_p1 10-20',
      'events_p2 20-50',
      'events_p5 50-60',
      'events_p6 60-70',
    ]);
    expect(await createAhead(20)).toBe(0);
    await goTo(55 * MILLION);
    await log.store.append(counted('late', 1, 2));
    expect(await log.store.readStream(TENANT, counted('late', 'any').streamId)).toHaveLength(2);
  });

  it('keep what they hold, whichever of them it is and whenever it was made', async () => {
    await log.store.append(counted('early', 'any', 1));
    await goTo(30 * MILLION);
    await log.store.append(counted('late', 'any', 1));
    await createAhead(20);
    const tables = ['events', ...(await partitions()).map((partition) => partition.split(' ')[0] ?? '')];

    for (const table of tables) {
      await expect(log.database.query(`truncate ${table}`)).rejects.toThrow(/immutable: TRUNCATE/);
      if (!/events_p[02]$|events$/.test(table)) continue;
      await expect(log.database.query(`update ${table} set type = 'x'`)).rejects.toThrow(/immutable: UPDATE/);
      await expect(log.database.query(`delete from ${table}`)).rejects.toThrow(/immutable: DELETE/);
    }

    expect(tables).toEqual(['events', 'events_beyond', 'events_p0', 'events_p1', 'events_p2', 'events_p4']);
    expect(await log.database.query('select count(*) as n from events')).toEqual([{ n: 2 }]);
  });

  it.each<Plan>(['custom', 'generic'])('are left alone by reads that look elsewhere, by a %s plan', async (plan) => {
    await createAhead(40);
    for (const millions of [1, 11, 21]) {
      await goTo(millions * MILLION);
      await log.store.append(counted('everywhere', 'any', 1, 2, 3));
    }

    expect(await partitionsRead(READ_POSITIONS, "'{11000000,11000001}'", plan)).toEqual(['events_p1']);
    expect(await partitionsRead(READ_ALL, '0, 11000000, 1', plan)).not.toContain('events_p0');
    expect(await partitionsRead(READ_ALL, '0, 21000000, 1', plan)).not.toContain('events_p1');
    expect(await partitionsRead(READ_SLOTS, "0, 11000000, 11000009, '{1,2}', 1", plan)).toEqual(['events_p1']);
  });

  it.each<Plan>(['custom', 'generic'])('are read in order, no further than a page goes, by a %s plan', async (plan) => {
    for (const millions of [1, 11]) {
      await goTo(millions * MILLION);
      await Promise.all(
        Array.from({ length: 40 }, (_, stream) =>
          log.store.append(counted(`s${stream}`, 'any', ...Array.from({ length: 100 }, (_, number) => number))),
        ),
      );
    }
    await asOwner('analyze events');

    const steps = await stepsOf(READ_ALL, '0, 1000005, 50', plan);

    expect(steps.map(({ node }) => node)).not.toContain('Sort');
    // Of each other partition one row is looked at, to see which comes next.
    const rows = steps.filter(({ partition }) => partition !== '').reduce((sum, step) => sum + step.rows, 0);
    expect(rows).toBeLessThanOrEqual(50 + 3);
    const page = await log.store.readAll({ after: position(1 * MILLION + 3_998), limit: 3 });
    expect(page.map((event) => event.position)).toEqual([1 * MILLION + 3_999, 11 * MILLION, 11 * MILLION + 1]);
  });
});

describe('idempotency keys', () => {
  const age = (keys: string, hours: number): Promise<void> =>
    asOwner(`update idempotency_keys set at = clock_timestamp() - interval '${hours} hours' where key ${keys}`);
  const forget = async (hours: number, limit: number): Promise<number | undefined> => {
    const [row] = await log.database.query<{ keys: number }>(
      "select forget_idempotency_keys(clock_timestamp() - $1 * interval '1 hour', $2) as keys",
      [hours, limit],
    );
    return row?.keys;
  };
  const append = (number: number): Promise<unknown> =>
    log.store.append({ ...counted(`s${number}`, 'any', number), idempotencyKey: `k${number}` });

  it('are forgotten when they are older, so many at a time, and no younger one', async () => {
    for (let number = 0; number < 10; number += 1) await append(number);
    await age("< 'k7'", 100);
    await age("= 'k7'", 71);

    expect([await forget(72, 5), await forget(72, 5), await forget(72, 5)]).toEqual([5, 2, 0]);

    const left = await log.database.query<{ key: string }>('select key from idempotency_keys order by key');
    expect(left.map(({ key }) => key)).toEqual(['k7', 'k8', 'k9']);
    expect(await append(0)).toMatchObject({ outcome: 'appended', streamVersion: 2 });
    expect(await append(8)).toMatchObject({ outcome: 'duplicate', streamVersion: 1 });
  });

  it('are kept for an hour whatever is asked', async () => {
    await append(1);
    await age("= 'k1'", 200);

    await expect(forget(0.9, 5)).rejects.toThrow('keys younger than an hour are kept');
    await expect(forget(-24, 5)).rejects.toThrow('keys younger than an hour are kept');
    expect(await forget(1.1, 5)).toBe(1);
  });
});

describe('events of some slots', () => {
  const EVENTS = 200_000;

  /** As one append each would have spread them; of slot 63 there are none. */
  const fill = (): Promise<void> =>
    asOwner(`
      insert into events (position, lane, slot, tenant, stream_id, category, stream_version, type, type_version, id, data, metadata, recorded_at, hash)
      select n, 0, n % 63, 'demo', 'item-' || n % 63, 'item', n / 63 + 1, 'counted', 1, gen_random_uuid(), '{"number":1}',
        '{"correlationId":"c","actor":"a","occurredAt":"2026-01-01T12:00:00.000Z"}', now(), decode(repeat('00', 32), 'hex')
      from generate_series(1, ${EVENTS}) n;
      update lanes set position = ${EVENTS};
      analyze events`);

  it.each<Plan>(['custom', 'generic'])('are found by position alone by a %s plan', async (plan) => {
    await fill();

    for (const values of ["0, 70000, 90000, '{63}', 256", "0, 70000, 90000, '{3,7}', 256", "0, 0, 900, '{3}', 256"]) {
      const steps = await stepsOf(READ_SLOTS, values, plan);
      expect(steps.map(({ node }) => node)).not.toContain('Seq Scan');
    }
    const startedAt = performance.now();
    expect(await log.store.readAll({ after: position(0), limit: 256, slots: [63] })).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('come in order, no further than they are asked for', async () => {
    const appends = Array.from({ length: 200 }, (_, index) =>
      log.store.append(counted(`s${index % 20}`, 'any', index)),
    );
    await Promise.all(appends);
    const all = await log.store.readAll({ after: position(0), limit: 1_000 });
    const slots = [...new Set(all.map(({ slot }) => slot))].slice(0, 3);
    const wanted = all.filter(({ slot, position: at }) => slots.includes(slot) && at > 20 && at <= 150);

    const found = await log.store.readAll({ after: position(20), limit: 1_000, slots, upTo: position(150) });
    const page = await log.store.readAll({ after: position(20), limit: 5, slots });

    expect(found).toEqual(wanted);
    expect(page).toEqual(wanted.slice(0, 5));
  });
});
