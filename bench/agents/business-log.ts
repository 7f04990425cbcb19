import { join } from 'node:path';
import { canonicalJson, START, type Append, type EventStore, type RecordedEvent } from '#libs/event-store';
import { correlationId, tenantId } from '#libs/kernel';
import { parseBusinessEvent, type CloudEvent } from '#libs/contracts';
import type { BusinessSettings } from '#libs/business-settings';
import { streamOf } from '../../apps/agent-service/src/ingestion/domain/event-stream.ts';
import { logTypeOf } from '../../apps/agent-service/src/log-events.ts';
import { SETTINGS_CHANGED, settingsStreamId } from '../../apps/agent-service/src/settings-events.ts';
import { serviceMigrations } from '../../tools/migrate/service-migrations.ts';
import { makeSchema } from '../harness/server.ts';
import { openStewardLog, type StewardLog } from '../harness/steward-log.ts';
import type { AtEnd } from '../harness/with-resources.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const APPENDS_AT_ONCE = 256;

/** The agent-service's log and tables in a schema of their own. */
export async function openAgentLog(url: string, schema: string, atEnd: AtEnd): Promise<StewardLog> {
  await makeSchema(url, schema, atEnd);
  return openStewardLog(url, schema, atEnd, await serviceMigrations(ROOT, 'agent'));
}

/** Makes the settings of a business known in the log; its tenant has its name. */
export async function appendSettings(store: EventStore, business: string, settings: BusinessSettings): Promise<void> {
  await store.append({
    tenant: tenantId(business),
    streamId: settingsStreamId(),
    expected: 'any',
    events: [{ type: SETTINGS_CHANGED, typeVersion: 1, data: { settings, origin: 'api', contentHash: 'bench' } }],
    metadata: { correlationId: correlationId('bench'), actor: 'bench', occurredAt: '2025-01-01T00:00:00.000Z' },
  });
}

/** Appends events in their order. @throws when the log has them in another */
export async function appendAll(store: EventStore, appends: Iterable<Append>): Promise<number> {
  let appended = 0;
  let last = 0;
  let batch: Append[] = [];
  const flush = async (): Promise<void> => {
    for (const { lastPosition } of await Promise.all(batch.map((append) => store.append(append)))) {
      if (lastPosition <= last) throw new Error(`Position ${lastPosition} comes after ${last}.`);
      last = lastPosition;
    }
    appended += batch.length;
    batch = [];
  };
  for (const append of appends) {
    batch.push(append);
    if (batch.length >= APPENDS_AT_ONCE) await flush();
  }
  await flush();
  return appended;
}

/** As the service's ingestion makes it of an event. */
export function appendOf(business: string, event: CloudEvent, timeZone: string): Append {
  const parsed = parseBusinessEvent(event);
  const { id: sourceId, source, type, subject, time = '', data } = event;
  return {
    tenant: tenantId(business),
    streamId: streamOf(parsed),
    expected: 'any',
    events: [{ ...logTypeOf(parsed.type), data: parsed.data }],
    idempotencyKey: `event:${source}|${sourceId}`,
    fingerprint: canonicalJson([type, subject ?? null, time, data ?? null]),
    metadata: {
      correlationId: correlationId(sourceId),
      actor: 'key:bench',
      occurredAt: new Date(time).toISOString(),
      timeZone,
      source,
      sourceId,
    },
  };
}

/** Reads a log from its beginning. */
export async function eachEvent(
  store: EventStore,
  pageSize: number,
  take: (event: RecordedEvent) => void,
): Promise<void> {
  let events = await store.readAll({ after: START, limit: pageSize });
  for (let last = events.at(-1); last; last = events.at(-1)) {
    for (const event of events) take(event);
    events = await store.readAll({ after: last.position, limit: pageSize });
  }
}
