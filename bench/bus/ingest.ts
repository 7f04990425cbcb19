import { canonicalJson } from '#libs/event-store';
import { CLOUD_EVENT_BATCH_MEDIA_TYPE, LOG_POSITION_HEADER, WAIT_FOR_POSITION_HEADER } from '#libs/contracts';
import { streamId } from '#libs/kernel';
import { startAgentService, type AgentService } from '../harness/agent-service.ts';
import type { Bench } from '../harness/bench.ts';
import { measureTogether, type CallingContender, type Measured } from '../harness/measure.ts';
import { residentMebibytes } from '../harness/memory.ts';
import { openNats } from '../harness/nats.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { sampleEvent } from '../harness/sample-events.ts';
import { TENANT, type StewardLog } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { openProjectedLog, type ProjectedLog } from './projected-log.ts';

const SCHEMA = 'bench_bus_ingest';
const BATCH = 100;
const CALLERS = [1, 8];
const NAMES = {
  http: 'HTTP, until projected',
  answered: 'HTTP, until answered',
  direct: 'appended directly, until projected',
  appended: 'appended directly, until appended',
} as const;

/** Batches of business events through the real service, beside the same batches appended and projected in this process. */
export async function ingest({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    const nats = await openNats(atEnd);
    const service = await startAgentService(url, nats.url, atEnd);
    const log = await openProjectedLog(url, SCHEMA, atEnd);
    const contenders = CALLERS.flatMap((callers) => [
      posting(NAMES.http, callers, service),
      posting(NAMES.answered, callers, service),
      appending(NAMES.direct, callers, log),
      appending(NAMES.appended, callers, log),
    ]);
    return report(await measureTogether(contenders, { ...pace, natsPid: nats.pid }), service);
  });
}

let count = 0;

/** Numbers that no batch had before. */
function nextBatch(): readonly number[] {
  return Array.from({ length: BATCH }, () => (count += 1));
}

function posting(name: string, callers: number, { url, pid }: AgentService): CallingContender {
  const readAfter = async (position: string): Promise<void> => {
    for (;;) {
      const answer = await fetch(`${url}/v1/stock?limit=1`, { headers: { [WAIT_FOR_POSITION_HEADER]: position } });
      await answer.arrayBuffer();
      if (answer.ok) return;
      // Other rows do not wait for the read models: these may be far behind, and a read gives up after some seconds.
      if (answer.status !== 503) throw new Error(`The service answered a read with ${answer.status}.`);
    }
  };
  const post = async (): Promise<string> => {
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': CLOUD_EVENT_BATCH_MEDIA_TYPE },
      body: JSON.stringify(nextBatch().map(cloudEvent)),
    });
    const text = await answer.text();
    const position = answer.headers.get(LOG_POSITION_HEADER);
    if (answer.status !== 200 || position === null) {
      throw new Error(`The service answered a batch with ${answer.status}: ${text.slice(0, 1_000)}`);
    }
    return position;
  };
  return {
    name,
    callers,
    eventsPerCall: BATCH,
    helpers: () => [pid],
    before: async () => readAfter(await post()),
    call: async () => {
      const position = await post();
      if (name === NAMES.http) await readAfter(position);
    },
  };
}

function cloudEvent(number: number): object {
  const { type, data, metadata } = sampleEvent(number);
  const { source, sourceId: id, occurredAt: time, correlationId: correlationid } = metadata;
  return { specversion: '1.0', id, source, type: `steward.${type}.v1`, time, correlationid, data };
}

function appending(name: string, callers: number, { store, reached }: ProjectedLog): CallingContender {
  const append = async (): Promise<number> => {
    const appended = await Promise.all(nextBatch().map((number) => store.append(appendOf(number))));
    return Math.max(...appended.map(({ lastPosition }) => lastPosition));
  };
  return {
    name,
    callers,
    eventsPerCall: BATCH,
    before: async () => reached(await append()),
    call: async () => {
      const position = await append();
      if (name === NAMES.direct) await reached(position);
    },
  };
}

/** As the service makes it of the event. */
function appendOf(number: number): Parameters<StewardLog['store']['append']>[0] {
  const { type, data, metadata } = sampleEvent(number);
  return {
    tenant: TENANT,
    streamId: streamId('item', `VEG${String(number % 200).padStart(3, '0')}`),
    expected: 'any',
    events: [{ type, typeVersion: 1, data }],
    idempotencyKey: `event:${metadata.source}|${metadata.sourceId}`,
    fingerprint: canonicalJson([type, null, metadata.occurredAt, data]),
    metadata,
  };
}

function report(measured: readonly Measured[], { pid }: AgentService): Report {
  const rate = (name: string, callers: number | undefined): number | undefined =>
    bestRate(measured, (row) => row.name === name && row.callers === callers);
  const ceilings: Readonly<Record<string, string>> = { [NAMES.http]: NAMES.direct, [NAMES.answered]: NAMES.appended };
  return {
    topic: 'bus-ingest',
    title: `batches of ${BATCH} events over HTTP`,
    rows: measured.map((row) => ({
      ...row,
      beside: beside({
        'of direct': ratio(row.figures.eventsPerSecond.median, rate(ceilings[row.name] ?? '', row.callers)),
      }),
    })),
    tables: [
      {
        head: ['memory after all rounds', 'resident MiB'],
        rows: [
          { name: 'agent-service', values: [residentMebibytes(pid)] },
          { name: 'this process', values: [residentMebibytes(process.pid)] },
        ],
      },
    ],
    notes: [
      'p50 and p99 are those of a batch. Until projected: until a read with Wait-For-Position of the answer is answered.',
      'Node µs/event of the HTTP rows has the service, its agent and the client; the direct rows have the projections, and neither agent nor relay.',
    ],
  };
}
