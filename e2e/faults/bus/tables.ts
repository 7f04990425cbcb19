import { migrate, readModelDataSource } from '#libs/event-store';
import { BUS_MIGRATIONS } from '#libs/messaging';

/** The schema of the log that is published. */
export const PRODUCER = 'agent';
/** The schema of the service that is told. */
export const CONSUMER = 'health';

/**
 * Without a key, so that an effect that happens twice is there twice. Rows are numbered in the order in which they were
 * written, which for one stream is the order in which they became true.
 */
const EFFECTS = [
  `create table ${CONSUMER}.effects (
    number bigint generated always as identity, event uuid not null, stream text not null, version integer not null,
    position bigint not null, epoch integer, instance text not null, at timestamptz not null default clock_timestamp())`,
  `create index on ${CONSUMER}.effects (event)`,
  // The handler refuses a poisoned event as long as its poison has no row here.
  `create table ${CONSUMER}.cures (poison text primary key)`,
];

/** Makes both schemas in an empty database. */
export async function createTables(url: string): Promise<void> {
  for (const schema of [PRODUCER, CONSUMER]) {
    const options = { url, schema, applicationName: 'bus-spec', migrations: BUS_MIGRATIONS, entities: [] };
    const dataSource = await readModelDataSource(options).initialize();
    await migrate(dataSource, options);
    if (schema === CONSUMER) for (const statement of EFFECTS) await dataSource.query(statement);
    await dataSource.destroy();
  }
}
