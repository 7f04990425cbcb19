import { createHash } from 'node:crypto';
import type { CloudEvent, EventContract } from '#libs/contracts';
import type { Label } from './label.ts';

/** An event of a simulated business. */
export type SimulatedEvent = Readonly<{
  /** 1 for the first event, then without gaps. */
  counter: number;
  /** Simulated time, milliseconds since 1970. */
  atMs: number;
  event: CloudEvent;
  /** What turned out with this event, or since the one before it; it is never published. */
  labels: readonly Label[];
}>;

/** Numbers the events of one business and gives each the id that it has in every run. */
export class Publication {
  readonly #business: string;
  readonly #seed: number;
  readonly #from: string;
  readonly #tenant: string | undefined;
  #counter = 0;

  constructor({
    business,
    seed,
    fromMs,
    tenant,
  }: Readonly<{ business: string; seed: number; fromMs: number; tenant: string | undefined }>) {
    this.#business = business;
    this.#seed = seed;
    this.#from = new Date(fromMs).toISOString();
    this.#tenant = tenant;
  }

  event<Data>(
    atMs: number,
    contract: EventContract<Data>,
    subject: string,
    { data, labels }: Readonly<{ data: Data; labels: readonly Label[] }>,
  ): SimulatedEvent {
    this.#counter += 1;
    return {
      counter: this.#counter,
      atMs,
      labels,
      event: {
        specversion: '1.0',
        id: this.#idOf(this.#counter),
        source: `urn:simulation:${this.#business}:${this.#seed}`,
        type: contract.type,
        subject,
        time: new Date(atMs).toISOString(),
        datacontenttype: 'application/json',
        ...(this.#tenant === undefined ? {} : { tenantid: this.#tenant }),
        data,
      },
    };
  }

  /**
   * A UUID of version 8 (RFC 9562, 5.8). The start is part of it: the same seed begun anew at another time is another
   * story, and would otherwise be taken for a repetition of the first and be dropped.
   */
  #idOf(counter: number): string {
    const hash = createHash('sha256').update(`${this.#business}/${this.#seed}/${this.#from}/${counter}`).digest('hex');
    const variant = '89ab'.charAt(Number.parseInt(hash.charAt(16), 16) % 4);
    return [
      hash.slice(0, 8),
      hash.slice(8, 12),
      `8${hash.slice(13, 16)}`,
      `${variant}${hash.slice(17, 20)}`,
      hash.slice(20, 32),
    ].join('-');
  }
}
