/** Of `events`, as `EventRecord` names them. */
export const COLUMNS = `position, lane, slot, tenant, stream_id, category, stream_version, type, type_version, id, data, metadata,
  recorded_at, encode(hash, 'hex') as hash`;

/** Index: events_by_stream. */
export const READ_STREAM = `
select ${COLUMNS} from events
where tenant = $1 and stream_id = $2 and stream_version > $3
order by stream_version`;

/** Index: the primary key. */
export const READ_ALL = `
select ${COLUMNS} from events
where lane = $1 and position > $2
order by position
limit $3`;

/** Index: the primary key. */
export const READ_POSITIONS = `
select ${COLUMNS} from events
where lane = 0 and position = any ($1::bigint[])
order by position`;

export const READ_HEAD = 'select position from lanes where lane = $1';
