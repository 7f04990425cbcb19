import { describe, expect, it } from '@jest/globals';
import { checkHistory, type ViolationKind } from './check-history.ts';
import type { BrokerMessage, Effect, History, InboxRow, LoggedEvent, OwnEvent } from './history.ts';

const event = (position: number, more: Partial<LoggedEvent> = {}): LoggedEvent => ({
  ...{ position, epoch: 1, slot: 7, stream: 'demo/counter-7', version: position, id: `event-${position}` },
  ...{ isPublished: true, isAnswered: false },
  ...more,
});
const effect = ({ id, stream, version, position }: LoggedEvent, more: Partial<Effect> = {}): Effect => ({
  ...{ event: id, stream, version, position, instance: 'a' },
  ...more,
});
const message = ({ id, position }: LoggedEvent, sequence = position): BrokerMessage => ({
  sequence,
  position,
  event: id,
});
const answer = ({ id }: LoggedEvent, position = 1): OwnEvent => ({ position, cause: id });
const inboxAt = (position: number, more: Partial<InboxRow> = {}): InboxRow => ({
  slot: 7,
  epoch: 1,
  position,
  ...more,
});

/** A run in which all went well with these events, unless told otherwise. */
const run = (log: readonly LoggedEvent[], more: Partial<History> = {}): History => {
  const published = log.filter(({ isPublished }) => isPublished);
  const slots = [...new Set(published.map(({ slot }) => slot))];
  const epoch = more.epoch ?? 1;
  return {
    epoch,
    log,
    voided: [],
    effects: published.map((one) => effect(one)),
    ownEvents: published.filter(({ isAnswered }) => isAnswered).map((one) => answer(one)),
    broker: published.map((one, index) => message(one, index + 1)),
    hasRetention: false,
    inbox: slots.map((slot) => inboxAt(log.at(-1)?.position ?? 0, { slot, epoch })),
    aheadRows: 0,
    parked: [],
    discarded: [],
    ...more,
  };
};
const kinds = (history: History): ViolationKind[] => [...new Set(checkHistory(history).map(({ kind }) => kind))];

const one = event(1);
const two = event(2);
const three = event(3);
const all = [one, two, three];
const answered = event(1, { isAnswered: true });
const secret = event(2, { isPublished: false });

describe('the checker of a run of the bus', () => {
  it('finds nothing in a run that went well', () => {
    expect(checkHistory(run(all))).toEqual([]);
    expect(checkHistory(run([answered, secret, three]))).toEqual([]);
  });

  it('allows streams that are applied in another order than the log has them', () => {
    const other = event(2, { stream: 'demo/counter-8', version: 1 });
    const last = event(3, { version: 2 });

    expect(kinds(run([one, other, last], { effects: [one, last, other].map((each) => effect(each)) }))).toEqual([]);
  });

  describe('of effects', () => {
    it('misses an event that was not applied', () => {
      expect(kinds(run(all, { effects: [effect(one), effect(three)] }))).toEqual(['lost']);
    });

    it('sees an event that was applied twice, at once or later', () => {
      expect(kinds(run(all, { effects: [one, two, two, three].map((each) => effect(each)) }))).toEqual([
        'applied-twice',
      ]);
      expect(kinds(run(all, { effects: [one, two, three, two].map((each) => effect(each)) }))).toEqual([
        'applied-twice',
        'out-of-order',
      ]);
    });

    it('sees an event that was applied before an earlier one of its stream', () => {
      expect(kinds(run(all, { effects: [one, three, two].map((each) => effect(each)) }))).toEqual(['out-of-order']);
    });

    it('sees effects of what was never there, and of what nobody was told', () => {
      expect(kinds(run([one], { effects: [effect(one), effect(two)] }))).toEqual(['effect-of-nothing']);
      expect(kinds(run([one, secret], { effects: [effect(one), effect(secret)] }))).toEqual(['effect-of-nothing']);
    });

    it.each([{ stream: 'demo/counter-8' }, { version: 9 }, { position: 9 }])(
      'sees that the handler was told the wrong place: %j',
      (wrong) => {
        expect(kinds(run([one], { effects: [effect(one, wrong)] }))).toEqual(['wrong-place']);
      },
    );

    it('wants no effect of an event that somebody discarded', () => {
      const discarded = { discarded: [two.id] };

      expect(kinds(run(all, { ...discarded, effects: [effect(one), effect(three)] }))).toEqual([]);
      expect(kinds(run(all, discarded))).toEqual(['discarded-applied']);
    });
  });

  describe('of a log that was restored', () => {
    const voided = [event(2, { id: 'void-2' }), event(3, { id: 'void-3' })];
    const again = [event(2, { epoch: 2 }), event(3, { epoch: 2 })];
    const restored = (effects: readonly LoggedEvent[], more: Partial<History> = {}): History =>
      run([one, ...again], { epoch: 2, voided, effects: effects.map((each) => effect(each)), ...more });

    it('allows that what was lost had been applied, in its order', () => {
      expect(kinds(restored([one, ...again]))).toEqual([]);
      expect(kinds(restored([one, ...voided, ...again]))).toEqual([]);
      expect(kinds(restored([one, ...voided.toReversed(), ...again]))).toEqual(['out-of-order']);
    });

    it('sees that something of it was applied twice', () => {
      expect(kinds(restored([one, ...voided.slice(0, 1), ...voided.slice(0, 1), ...again]))).toEqual(['applied-twice']);
    });

    it('sees that something of it was applied when the new life had begun in its slot', () => {
      expect(kinds(restored([one, ...again, ...voided]))).toEqual(['void-applied-late']);
    });

    it('misses an event that took the place of one that had been applied', () => {
      expect(kinds(restored([one, ...voided]))).toEqual(['lost']);
    });

    it('sees what remains of it in the stream, and the inbox', () => {
      const broker = [one, ...voided, ...again].map((each, index) => message(each, index + 1));

      expect(kinds(restored([one, ...again], { broker }))).toEqual(['message-of-nothing']);
      expect(kinds(restored([one, ...again], { inbox: [inboxAt(3)] }))).toEqual(['inbox-of-old-epoch']);
    });
  });

  describe("of the consumer's own events", () => {
    it('misses one', () => {
      expect(kinds(run([answered], { ownEvents: [] }))).toEqual(['own-event-lost']);
    });

    it('sees one that is there twice', () => {
      expect(kinds(run([answered], { ownEvents: [answer(answered, 1), answer(answered, 2)] }))).toEqual([
        'own-event-twice',
      ]);
    });

    it('sees one without a cause, also where the effect that wanted it was undone', () => {
      expect(kinds(run([one], { ownEvents: [answer(one)] }))).toEqual(['own-event-of-nothing']);
      expect(kinds(run([answered], { effects: [], ownEvents: [answer(answered)] }))).toEqual([
        'lost',
        'own-event-of-nothing',
      ]);
    });
  });

  describe('of the stream', () => {
    const holds = (...events: LoggedEvent[]): Partial<History> => ({
      broker: events.map((each, index) => message(each, index + 1)),
    });

    it('misses a message, at its beginning, within it and at its end', () => {
      expect(kinds(run(all, holds(two, three)))).toEqual(['message-missing']);
      expect(kinds(run(all, holds(one, three)))).toEqual(['message-missing']);
      expect(kinds(run(all, holds(one, two)))).toEqual(['message-missing']);
    });

    it('misses none at its beginning when messages age', () => {
      expect(kinds(run(all, { ...holds(two, three), hasRetention: true }))).toEqual([]);
      expect(kinds(run(all, { ...holds(), hasRetention: true }))).toEqual([]);
      expect(kinds(run(all, { ...holds(one, three), hasRetention: true }))).toEqual(['message-missing']);
    });

    it('sees doubles, another order, and what is not of the log', () => {
      expect(kinds(run(all, holds(one, two, two, three)))).toEqual(['message-twice']);
      expect(kinds(run(all, holds(one, three, two)))).toEqual(['message-out-of-order']);
      expect(kinds(run([one, secret], holds(one, secret)))).toEqual(['message-of-nothing']);
      expect(kinds(run([one], { broker: [message({ ...one, position: 5 }, 1)] }))).toEqual(['message-of-nothing']);
    });
  });

  describe('of what the consumer believes', () => {
    it('sees an inbox that is behind the last published event of its slot, or was never made', () => {
      expect(kinds(run(all, { inbox: [inboxAt(2)] }))).toEqual(['inbox-behind']);
      expect(kinds(run(all, { inbox: [] }))).toEqual(['inbox-behind']);
      expect(kinds(run([one, secret], { inbox: [inboxAt(1)] }))).toEqual([]);
    });

    it('sees an inbox beyond the log', () => {
      expect(kinds(run(all, { inbox: [inboxAt(4)] }))).toEqual(['inbox-beyond']);
    });

    it('sees what was left behind', () => {
      expect(kinds(run(all, { aheadRows: 1 }))).toEqual(['ahead-left']);
      expect(kinds(run(all, { parked: ['dead: demo/counter-7 at 2'] }))).toEqual(['parked-left']);
    });
  });
});
