import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DomainError, streamId, type Command, type Decider, type DomainEvent, type StreamId } from '#libs/kernel';
import { CommandHandler } from './command-handler.ts';
import { WrongExpectedVersion } from './errors.ts';
import type { EventCodec } from './event-codec.ts';
import type { Append, AppendResult, EventStore } from './event-store.ts';
import { METADATA, openLog, TENANT, type LogFixture } from './postgres/log-fixture.contract.ts';

const SEATS = 20;

type Book = Command<'Book', { seats: number }>;
type Booked = DomainEvent<'booked', { seats: number }>;

class SoldOut extends DomainError {
  readonly kind = 'refused';
  readonly code = 'spec/sold-out';
}

const booking: Decider<{ taken: number }, Book, Booked> = {
  initialState: { taken: 0 },
  evolve: ({ taken }, { data }) => ({ taken: taken + data.seats }),
  decide: ({ data }, { taken }) => {
    if (data.seats === 0) return [];
    if (taken + data.seats > SEATS) throw new SoldOut(`${taken} of ${SEATS} are taken.`);
    return [{ type: 'booked', data }];
  },
};
const codec: EventCodec<Booked> = {
  types: [{ type: 'booked', version: 1 }],
  encode: ({ type, data }) => ({ type, typeVersion: 1, data }),
  decode: ({ data }) => ({ type: 'booked', data: data as Booked['data'] }),
};
const book = (seats: number): Book => ({ type: 'Book', data: { seats }, meta: { at: new Date(0), by: 'spec' } });

jest.setTimeout(30_000);

describe('a command handler', () => {
  let log: LogFixture;
  beforeAll(async () => {
    log = await openLog();
  });
  afterAll(() => log.close());

  const handlerOf = (store: EventStore) => new CommandHandler(store, booking, codec);
  const target = (id: string): { tenant: typeof TENANT; streamId: StreamId } => ({
    tenant: TENANT,
    streamId: streamId('event', id),
  });

  /** The log, with `rivals` others who append between this handler's reading and its writing. */
  function withRivals(rivals: number): { store: EventStore; attempts: () => number } {
    let attempts = 0;
    const append = async (own: Append): Promise<AppendResult> => {
      attempts += 1;
      if (attempts <= rivals) await log.store.append({ ...own, expected: 'any' });
      return log.store.append(own);
    };
    const store: EventStore = {
      append,
      readStream: (...all) => log.store.readStream(...all),
      readAll: (options) => log.store.readAll(options),
      readByPositions: (positions) => log.store.readByPositions(positions),
      head: () => log.store.head(),
      transaction: (work) => log.store.transaction(work),
      onCommit: (listener) => log.store.onCommit(listener),
    };
    return { store, attempts: () => attempts };
  }

  it('appends what was decided and answers with the state after it', async () => {
    const handler = handlerOf(log.store);

    const outcome = await handler.handle(target('plain'), book(3), METADATA);

    expect(outcome).toMatchObject({ state: { taken: 3 }, appended: { outcome: 'appended', streamVersion: 1 } });
    expect(await handler.load(target('plain'))).toEqual({ state: { taken: 3 }, version: 1 });
  });

  it('appends nothing for a command that changes nothing', async () => {
    const outcome = await handlerOf(log.store).handle(target('nothing'), book(0), METADATA);

    expect(outcome).toEqual({ state: { taken: 0 } });
  });

  it('decides again on fresh history when others were faster', async () => {
    const { store, attempts } = withRivals(3);

    const outcome = await handlerOf(store).handle(target('rivals'), book(2), METADATA);

    expect(attempts()).toBe(4);
    expect(outcome).toMatchObject({ state: { taken: 8 }, appended: { streamVersion: 4 } });
  });

  it('lets the rules refuse what was allowed before the others wrote', async () => {
    const { store } = withRivals(3);

    await expect(handlerOf(store).handle(target('refused'), book(8), METADATA)).rejects.toThrow(SoldOut);

    expect((await handlerOf(log.store).load(target('refused'))).state.taken).toBe(16);
  });

  it('gives up after eight attempts', async () => {
    const { store, attempts } = withRivals(Infinity);

    await expect(handlerOf(store).handle(target('endless'), book(1), METADATA)).rejects.toThrow(WrongExpectedVersion);

    expect(attempts()).toBe(8);
  });

  it('never sells a seat twice, whoever asks at the same time', async () => {
    const instances = [log.store, log.connect().store, log.connect().store];

    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        handlerOf(instances[index % 3] ?? log.store).handle(target('crowd'), book(1), METADATA),
      ),
    );

    const sold = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect((await handlerOf(log.store).load(target('crowd'))).state.taken).toBe(sold);
    expect(sold).toBeLessThanOrEqual(SEATS);
    expect(sold).toBeGreaterThan(0);
  });
});
