import { z } from 'zod';
import type { Queryable } from '#libs/event-store';
import { HEADER, type Bus } from '#libs/messaging';
import { COUNTED, isAnswered } from './counted.ts';
import type { BrokerMessage, Effect, History, InboxRow, LoggedEvent, OwnEvent } from './history.ts';
import { STREAM, type BusSystem } from './system.ts';
import { PRODUCER } from './tables.ts';

const LOG = `
select e.position, e.slot, e.tenant || '/' || e.stream_id as stream, e.stream_version as version, e.id::text as id, e.type,
       (e.data ->> 'number')::integer as number,
       (select max(i.epoch) from incarnations i where i.began_after < e.position) as epoch
from events e where e.lane = 0 and e.position > $1 order by e.position`;
const EFFECTS = `
select event::text as event, stream, version, position, instance from health.effects order by number`;
const OWN_EVENTS = `
select position, data ->> 'cause' as cause from health.events where type = 'answered' order by position`;
const INBOX = 'select slot, epoch, position from health.inbox where source = $1 order by slot';
const AHEAD = 'select count(*)::integer as rows from health.inbox_ahead';
const PARKED = `
select state || ': ' || coalesce(stream_key, 'no stream') || ' at ' || position || ', ' || coalesce(reason, 'no reason') as words
from health.parked_messages where state <> 'discarded' order by id`;

const Envelope = z.object({ id: z.string() });
const PAGE = 500;

/** The events of the log after a position, in its order. */
export async function readLog(database: Queryable, after: number): Promise<LoggedEvent[]> {
  type Row = Omit<LoggedEvent, 'isPublished' | 'isAnswered'> & { type: string; number: number };
  const rows = await database.query<Row>(LOG, [after]);
  return rows.map(({ type, number, ...event }) => ({
    ...event,
    isPublished: type === COUNTED,
    isAnswered: type === COUNTED && isAnswered(number),
  }));
}

/** Everything there is to know of a run; to be read when nothing is appended. */
export async function readHistory(system: BusSystem): Promise<History> {
  const { database, voided, hasRetention } = system;
  const [epoch] = await database.query<{ epoch: number }>('select max(epoch) as epoch from incarnations');
  const [ahead] = await database.query<{ rows: number }>(AHEAD);
  return {
    epoch: epoch?.epoch ?? 0,
    log: await readLog(database, 0),
    voided,
    effects: await database.query<Effect>(EFFECTS),
    ownEvents: await database.query<OwnEvent>(OWN_EVENTS),
    broker: await system.onBus(readStream),
    hasRetention,
    inbox: await database.query<InboxRow>(INBOX, [PRODUCER]),
    aheadRows: ahead?.rows ?? 0,
    parked: (await database.query<{ words: string }>(PARKED)).map(({ words }) => words),
    discarded: [],
  };
}

async function readStream(bus: Bus): Promise<BrokerMessage[]> {
  const { state } = await bus.manager.streams.info(STREAM);
  const messages: BrokerMessage[] = [];
  if (state.messages === 0) return messages;
  const reader = await bus.jetstream.consumers.get(STREAM);
  while ((messages.at(-1)?.sequence ?? 0) < state.last_seq) {
    const before = messages.length;
    for await (const message of await reader.fetch({ max_messages: PAGE, expires: 1_000 })) {
      const position = Number(message.headers?.get(HEADER.position));
      messages.push({ sequence: message.seq, position, event: Envelope.parse(message.json()).id });
      if (message.seq >= state.last_seq) break;
    }
    if (messages.length === before) break; // what was counted is gone meanwhile
  }
  return messages;
}
