import type { PreparedStatement } from '../event-store.ts';
import { COLUMNS } from './event-record.ts';

/** Index: events_by_stream. */
export const READ_STREAM: PreparedStatement = {
  name: 'read_stream',
  text: `
select ${COLUMNS} from events
where tenant = $1 and stream_id = $2 and stream_version > $3
order by stream_version`,
};

/** Index: the primary key. */
export const READ_ALL: PreparedStatement = {
  name: 'read_all',
  text: `
select ${COLUMNS} from events
where lane = $1 and position > $2
order by position
limit $3`,
};

/** Index: the primary key; what is of other slots is read and left out. */
export const READ_SLOTS: PreparedStatement = {
  name: 'read_slots',
  text: `
select ${COLUMNS} from events
where lane = $1 and position > $2 and position <= $3 and slot = any ($4::smallint[])
order by position
limit $5`,
};

/** Index: the primary key. The bounds let a plan that was made for all values leave out partitions; the list does not. */
export const READ_POSITIONS: PreparedStatement = {
  name: 'read_positions',
  text: `
select ${COLUMNS} from events
where lane = 0 and position = any ($1::bigint[])
  and position >= (select min(wanted) from unnest($1::bigint[]) wanted)
  and position <= (select max(wanted) from unnest($1::bigint[]) wanted)
order by position`,
};

export const READ_HEAD: PreparedStatement = {
  name: 'read_head',
  text: 'select position from lanes where lane = $1',
};
