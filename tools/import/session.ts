import type { EventPublisher } from '../publisher/event-publisher.ts';
import { Delivery } from './delivery.ts';
import type { DeliveryCounts } from './delivery.ts';
import { UnreadableExport } from './import.errors.ts';
import { InvoiceGrouping } from './invoices.ts';
import type { InvoiceRun } from './invoices.ts';
import { layoutOf, noMappingFits } from './mapping.ts';
import type { Layout, Mapping } from './mapping.ts';
import { readRecords } from './records.ts';
import type { FileRecord } from './records.ts';
import { LineReader } from './sale-lines.ts';
import { ShopEvents } from './shop-events.ts';
import type { PlannedEvent } from './shop-events.ts';

export type FileCounts = Readonly<{
  /** Without the header. */
  lines: number;
  rejectedLines: number;
  orders: number;
  returns: number;
  corrections: number;
  items: number;
}>;

export type SessionResult = Readonly<{
  file: FileCounts;
  delivery: DeliveryCounts;
  lastLine: number;
  stopped: boolean;
}>;

export type SessionPlan = Readonly<{
  file: string;
  /** The first that fits the header is used. */
  candidates: readonly Mapping[];
  tenant: string;
  publisher: EventPublisher;
  batchEvents: number;
  stop: AbortSignal;
  /** Where an earlier run of this file with this mapping came to. */
  confirmedLineOf: (mapping: Mapping) => number;
  onMapping: (mapping: Mapping) => void;
  onConfirmed: (line: number) => void;
  onReject: (lines: string, reason: string, text: string) => void;
  onProgress: (doneBytes: number, rows: number) => void;
}>;

/**
 * Reads a file to its end, or until it is stopped, and publishes what it says. A line that cannot be imported is
 * reported and passed over.
 * @throws UnreadableExport
 * @throws PublishRefused, PublisherUnavailable, PublishStopped, UnreadableAnswer
 */
export async function importFile(plan: SessionPlan): Promise<SessionResult> {
  let doneBytes = 0;
  const opened = await openExport(plan, (sizeBytes) => (doneBytes += sizeBytes));
  const session = new Session(plan, opened.mapping, opened.layout);
  for await (const record of opened.records) {
    if (plan.stop.aborted) return session.result(true);
    await session.take(record);
    plan.onProgress(doneBytes, session.lines);
  }
  await session.finish();
  return session.result(false);
}

type Opened = Readonly<{ mapping: Mapping; layout: Layout; records: AsyncIterable<FileRecord> }>;

/** Looks at the header as each candidate would read it; the first that finds its columns reads the file. */
async function openExport(plan: SessionPlan, onBytes: (sizeBytes: number) => void): Promise<Opened> {
  let header: readonly string[] = [];
  for (const mapping of plan.candidates) {
    header = await headerOf(plan.file, mapping);
    const layout = layoutOf(mapping, header);
    if (layout === undefined) continue;
    plan.onMapping(mapping);
    return { mapping, layout, records: withoutHeader(readRecords(plan.file, { ...mapping, onBytes })) };
  }
  throw noMappingFits(plan.file, header, plan.candidates);
}

async function headerOf(file: string, { encoding, delimiter }: Mapping): Promise<readonly string[]> {
  for await (const { fields = [] } of readRecords(file, { encoding, delimiter })) {
    return fields.map((field) => field.trim());
  }
  throw new UnreadableExport(`${file} is empty: there is not even a header.`);
}

async function* withoutHeader(records: AsyncIterable<FileRecord>): AsyncGenerator<FileRecord> {
  let isHeader = true;
  for await (const record of records) {
    if (!isHeader) yield record;
    isHeader = false;
  }
}

class Session {
  readonly #plan: SessionPlan;
  readonly #reader: LineReader;
  readonly #grouping = new InvoiceGrouping();
  readonly #shop: ShopEvents;
  readonly #delivery: Delivery;
  readonly #counts = { lines: 0, rejectedLines: 0, orders: 0, returns: 0, corrections: 0, items: 0 };
  #lastLine = 1;

  constructor(plan: SessionPlan, mapping: Mapping, layout: Layout) {
    this.#plan = plan;
    this.#reader = new LineReader(mapping, layout);
    this.#shop = new ShopEvents(mapping, plan.tenant);
    this.#delivery = new Delivery({
      publisher: plan.publisher,
      batchEvents: plan.batchEvents,
      confirmedLine: plan.confirmedLineOf(mapping),
      onConfirmed: plan.onConfirmed,
      onRejected: (planned, { problem }) => {
        const reason = `the API rejected ${planned.event.id}: ${problem?.detail ?? 'without a reason'}`;
        plan.onReject(linesOf(planned), reason, '');
      },
    });
  }

  get lines(): number {
    return this.#counts.lines;
  }

  async take(record: FileRecord): Promise<void> {
    this.#counts.lines += 1;
    this.#lastLine = record.line;
    const line = this.#reader.read(record);
    if ('reason' in line) {
      this.#counts.rejectedLines += 1;
      this.#plan.onReject(String(line.line), line.reason, line.text);
      return;
    }
    if (line.kind === 'correction') this.#counts.corrections += 1;
    this.#publishRun(this.#grouping.add(line));
    while (this.#delivery.isFull) await this.#delivery.send();
  }

  async finish(): Promise<void> {
    this.#publishRun(this.#grouping.end());
    while (!this.#delivery.isEmpty) await this.#delivery.send();
  }

  result(stopped: boolean): SessionResult {
    return { file: { ...this.#counts }, delivery: this.#delivery.counts, lastLine: this.#lastLine, stopped };
  }

  #publishRun(run: InvoiceRun | undefined): void {
    if (run === undefined) return;
    const events = this.#shop.of(run);
    for (const { event } of events) this.#countEvent(event.id, event.data);
    this.#delivery.add(events);
  }

  #countEvent(id: string, data: unknown): void {
    if (id.startsWith('opening/')) this.#counts.items += 1;
    if (!id.startsWith('order/') || typeof data !== 'object' || data === null) return;
    if ('kind' in data && data.kind === 'return') this.#counts.returns += 1;
    else this.#counts.orders += 1;
  }
}

function linesOf({ firstLine, lastLine }: PlannedEvent): string {
  return firstLine === lastLine ? String(firstLine) : `${firstLine}-${lastLine}`;
}
