/** A rebuild in a process of its own, to be killed: `node rebuild-child.contract.ts <url> <schema> <version>`. Tells its progress. */
import { eventId } from '#libs/kernel';
import { randomUUID } from 'node:crypto';
import { Database } from '../postgres/database.ts';
import { PostgresEventStore } from '../postgres/postgres-event-store.ts';
import { ProjectionRebuild } from './projection-rebuild.ts';
import { totals } from './rebuild-fixture.contract.ts';

const [url = '', schema = 'agent', version = '2'] = process.argv.slice(2);
const database = new Database({ url, schema, applicationName: 'rebuild-child' });
const store = new PostgresEventStore({ database, ids: { next: () => eventId(randomUUID()) } });
await new ProjectionRebuild({
  database,
  store,
  table: totals(Number(version)).table,
  eventsPerWrite: 300,
  onProgress: ({ done, phase }) => {
    process.stdout.write(`${phase} ${done}\n`);
  },
}).run();
await database.close();
