import pg from 'pg';
import type { Bench } from '../harness/bench.ts';
import { measureTogether, type CallingContender } from '../harness/measure.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { sampleEvent } from '../harness/sample-events.ts';
import { execute, makeSchema } from '../harness/server.ts';
import { withResources, type AtEnd } from '../harness/with-resources.ts';
import { CONCURRENCY } from './following-service.ts';

const SCHEMA = 'bench_bus_tried';
const TABLES = `
create table effects (position bigint not null, subject text not null, data jsonb not null);
create table inbox (slot int primary key, position bigint not null) with (fillfactor = 50);
insert into inbox select slot, 0 from generate_series(0, 63) slot`;
const INSERT = { name: 'effect', text: 'insert into effects (position, subject, data) values ($1, $2, $3)' };
const MOVE = { name: 'move', text: 'update inbox set position = $2 where slot = $1 and position = $3 returning slot' };
const TOGETHER = 8;

const ALONE = 'a row, no inbox';
const NOW = 'begin, row, inbox, commit: each waits for the one before';

type Way = Readonly<{
  name: string;
  /** Events that share a transaction. */
  events: number;
  /** Statements go out before the one before is answered. */
  pipelined: boolean;
}>;

const WAYS: readonly Way[] = [
  { name: NOW, events: 1, pipelined: false },
  { name: 'the same, sent without waiting', events: 1, pipelined: true },
  { name: `${TOGETHER} events of a slot in one transaction`, events: TOGETHER, pipelined: false },
  { name: `${TOGETHER} events of a slot in one transaction, sent without waiting`, events: TOGETHER, pipelined: true },
];

/** Ways to commit effects together with the inbox, as raw SQL: what the consumer's path costs, and what could be saved. */
export async function tried({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    await makeSchema(url, SCHEMA, atEnd);
    await execute(url, `set search_path = ${SCHEMA}; ${TABLES}`);
    const contenders = [await alone(url, atEnd)];
    for (const [index, way] of WAYS.entries())
      contenders.push(await inTransaction(url, way, index * CONCURRENCY, atEnd));
    const measured = await measureTogether(contenders, pace);
    const now = bestRate(measured, ({ name }) => name === NOW);
    return {
      topic: 'bus-tried',
      title: `an effect and its inbox, ${CONCURRENCY} at once`,
      rows: measured.map((row) => ({
        ...row,
        beside: beside({ 'x now': ratio(row.figures.eventsPerSecond.median, now) }),
      })),
      notes: [
        'Each caller has a connection and a slot of its own. p50 and p99 are those of a transaction.',
        'Sent without waiting: a move of the inbox that finds another holder would have to fail by itself, so that the commit behind it becomes a rollback.',
      ],
    };
  });
}

let count = 0;

async function connect(url: string, pipelined: boolean, atEnd: AtEnd): Promise<readonly pg.Client[]> {
  const clients: pg.Client[] = [];
  while (clients.length < CONCURRENCY) {
    const options = { connectionString: url, options: `-c search_path=${SCHEMA}`, pipeline: pipelined };
    const client = new pg.Client(options);
    client.on('error', () => undefined); // the next call fails because of it
    await client.connect();
    atEnd(() => client.end());
    clients.push(client);
  }
  return clients;
}

const effect = (): readonly unknown[] => {
  count += 1;
  return [count, 'evt.agent.bench.0.item.stock-moved.item-7', JSON.stringify(sampleEvent(count).data)];
};

async function alone(url: string, atEnd: AtEnd): Promise<CallingContender> {
  const clients = await connect(url, false, atEnd);
  return {
    name: ALONE,
    callers: CONCURRENCY,
    call: async (caller) => clients[caller]?.query({ ...INSERT, values: [...effect()] }),
  };
}

async function inTransaction(
  url: string,
  { name, events, pipelined }: Way,
  firstSlot: number,
  atEnd: AtEnd,
): Promise<CallingContender> {
  const clients = await connect(url, pipelined, atEnd);
  const positions = new Map<number, number>();
  return {
    name,
    callers: CONCURRENCY,
    eventsPerCall: events,
    call: async (caller) => {
      const client = clients[caller];
      if (!client) throw new Error(`Caller ${caller} has no connection.`);
      const send = (statement: pg.QueryConfig): Promise<pg.QueryResult> => client.query(statement);
      const from = positions.get(caller) ?? 0;
      const statements = [
        { text: 'begin isolation level read committed' },
        ...Array.from({ length: events }, () => ({ ...INSERT, values: [...effect()] })),
        { ...MOVE, values: [firstSlot + caller, from + events, from] },
        { text: 'commit' },
      ];
      const results = await (pipelined ? Promise.all(statements.map(send)) : inTurn(statements, send));
      if (results.at(-2)?.rowCount !== 1) throw new Error(`${name}: the inbox did not move.`);
      positions.set(caller, from + events);
    },
  };
}

async function inTurn<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
