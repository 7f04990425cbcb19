import { describe, expect, it } from '@jest/globals';
import { position } from '#libs/event-store';
import { eventId, streamId, tenantId } from '#libs/kernel';
import { checkHistory, type ViolationKind } from './check-history.ts';
import type { Answer, Attempt, History, LoggedEvent, Outcome, SentAppend, Unit } from './history.ts';

const STREAM = 'item-7';

const sent = (id: string, options: Partial<SentAppend> & { count?: number } = {}): SentAppend => {
  const { count = 1, ...more } = options;
  const events = Array.from({ length: count }, (_, index) => ({
    type: 'counted',
    data: { append: id, index, text: 'some', value: 0.1 },
  }));
  return { id, tenant: 'demo', stream: STREAM, expected: 'any', key: `key-${id}`, events, ...more };
};
const unit = (number: number, more: Partial<Unit> = {}): Unit => ({
  id: `unit-${number}`,
  session: 'a',
  number,
  kind: 'append',
  rollsBack: false,
  lingersMs: 0,
  appends: [sent(`append-${number}`)],
  ...more,
});

/** What the log holds of a unit when its events begin at this position and version. */
const stored = (of: Unit, at: number, version = at, index = 0): LoggedEvent[] => {
  const append = of.appends[index] ?? sent('none');
  return append.events.map(({ type, data }, event) => ({
    position: position(at + event),
    id: eventId(`00000000-0000-7000-8000-${String(at + event).padStart(12, '0')}`),
    hash: `hash-${at + event}`,
    tenant: tenantId(append.tenant),
    streamId: streamId('item', append.stream.slice('item-'.length)),
    streamVersion: version + event,
    type,
    data,
    metadata: { correlationId: of.id },
  }));
};
const answer = (at: number, more: Partial<Answer> = {}): Answer => ({
  outcome: 'appended',
  streamVersion: at,
  firstPosition: at,
  lastPosition: at,
  ...more,
});
const acknowledged = (...answers: Answer[]): Outcome => ({ is: 'acknowledged', answers });
const DUPLICATE = { outcome: 'duplicate' } as const;
const UNKNOWN: Outcome = { is: 'unavailable', applied: 'unknown' };
const NOT_APPLIED: Outcome = { is: 'unavailable', applied: 'no' };
const attempt = (of: Unit, outcome?: Outcome): Attempt => ({ unit: of, ...(outcome ? { outcome } : {}) });

/** A run in which the reader saw the whole log, unless told otherwise. */
const run = (attempts: Attempt[], log: LoggedEvent[] = [], more: Partial<History> = {}): History => ({
  attempts,
  log,
  seen: log,
  sideRows: [],
  ...more,
});
const kinds = (history: History): ViolationKind[] => [...new Set(checkHistory(history).map(({ kind }) => kind))];

const one = unit(1);
const two = unit(2);
const three = unit(3);
const oneAndTwo = run(
  [attempt(one, acknowledged(answer(1))), attempt(two, acknowledged(answer(2)))],
  [...stored(one, 1), ...stored(two, 2)],
);

describe('the checker of a run', () => {
  it('finds nothing in a run that went well', () => {
    expect(kinds(oneAndTwo)).toEqual([]);
  });

  it('allows holes between appends, and streams that are written in turns', () => {
    const other = unit(2, { appends: [sent('append-2', { stream: 'item-8', count: 2 })] });
    const answers = acknowledged(answer(5, { streamVersion: 2, lastPosition: 6 }));
    const history = run(
      [
        attempt(one, acknowledged(answer(1))),
        attempt(other, answers),
        attempt(three, acknowledged(answer(9, { streamVersion: 2 }))),
      ],
      [...stored(one, 1), ...stored(other, 5, 1), ...stored(three, 9, 2)],
    );

    expect(kinds(history)).toEqual([]);
  });

  describe('of what was acknowledged', () => {
    it('misses an append that the log does not hold', () => {
      expect(kinds(run([attempt(one, acknowledged(answer(1)))]))).toEqual(['lost']);
    });

    it('misses a part of an append', () => {
      const pair = unit(1, { appends: [sent('append-1', { count: 2 })] });
      const history = run([attempt(pair, acknowledged(answer(1)))], stored(pair, 1).slice(0, 1));

      expect(kinds(history)).toEqual(['partly-stored']);
    });

    it('misses one of the appends of a transaction', () => {
      const both = unit(1, { kind: 'transaction', appends: [sent('append-1'), sent('append-2')] });
      const history = run([attempt(both, acknowledged())], stored(both, 1), { sideRows: ['unit-1'] });

      expect(kinds(history)).toEqual(['partly-stored']);
    });

    it('sees an append that is there twice', () => {
      const history = run([attempt(one, acknowledged(answer(1)))], [...stored(one, 1), ...stored(one, 2)]);

      expect(kinds(history)).toContain('stored-twice');
    });

    it.each([
      ['data', { data: { append: 'append-1', index: 0, text: 'other', value: 0.1 } }],
      ['type', { type: 'other' }],
      ['tenant', { tenant: tenantId('other') }],
      ['stream', { streamId: streamId('item', '8') }],
      ['metadata', { metadata: { correlationId: 'other' } }],
    ])('sees another %s than was sent', (_, change) => {
      const history = run(
        [attempt(one, acknowledged(answer(1)))],
        stored(one, 1).map((event) => ({ ...event, ...change })),
      );

      expect(kinds(history)).toEqual(['wrong-content']);
    });

    it.each([
      ['version', { streamVersion: 2 }],
      ['first position', { firstPosition: 2 }],
      ['last position', { lastPosition: 2 }],
    ])('sees an answer with another %s than the log has', (_, change) => {
      expect(kinds(run([attempt(one, acknowledged(answer(1, change)))], stored(one, 1)))).toEqual(['wrong-answer']);
    });

    it('sees other events between those of one append', () => {
      const pair = unit(1, { appends: [sent('append-1', { count: 2 })] });
      const [first, second] = stored(pair, 1);
      const between = unit(2, { session: 'b', appends: [sent('append-2', { stream: 'item-8' })] });
      const log = [first, ...stored(between, 2, 1), second && { ...second, position: position(3) }].flatMap(
        (event) => event ?? [],
      );
      const answers = acknowledged(answer(1, { streamVersion: 2, lastPosition: 3 }));
      const history = run(
        [attempt(pair, answers), attempt(between, acknowledged(answer(2, { streamVersion: 1 })))],
        log,
      );

      expect(kinds(history)).toEqual(['scattered']);
    });

    it.each([
      [2, 1],
      [0, 2],
      ['no-stream', 2],
      ['exists', 1],
    ] as const)('sees that the expected version %s was accepted for version %i', (expected, version) => {
      const picky = unit(2, { appends: [sent('append-2', { expected })] });
      const earlier = version === 2 ? oneAndTwo.log.slice(0, 1) : [];
      const history = run(
        [
          ...(version === 2 ? oneAndTwo.attempts.slice(0, 1) : []),
          attempt(picky, acknowledged(answer(2, { streamVersion: version }))),
        ],
        [...earlier, ...stored(picky, 2, version)],
      );

      expect(kinds(history)).toEqual(['wrong-version-accepted']);
    });

    it('sees a session whose later append comes before its earlier one', () => {
      const history = run(
        [attempt(two, acknowledged(answer(1))), attempt(one, acknowledged(answer(2)))],
        [...stored(two, 1), ...stored(one, 2)],
      );

      expect(kinds(history)).toEqual(['session-out-of-order']);
    });
  });

  describe('of what was not done', () => {
    it.each<[string, Outcome]>([
      ['refused for its version', { is: 'wrong-version', stream: STREAM, actual: 1 }],
      ['said not to be applied', NOT_APPLIED],
    ])('sees an append that was %s and is there', (_, outcome) => {
      const picky = unit(2, { appends: [sent('append-2', { expected: 'no-stream' })] });
      const attempts = [attempt(one, acknowledged(answer(1))), attempt(picky, outcome)];

      expect(kinds(run(attempts, [...stored(one, 1), ...stored(picky, 2)]))).toContain('stored-although-not');
      expect(kinds(run(attempts, stored(one, 1)))).toEqual([]);
    });

    it('sees a transaction that was rolled back and is there, whatever its sender was told', () => {
      const undone = unit(1, { kind: 'transaction', rollsBack: true });
      for (const outcome of [{ is: 'rolled-back' }, UNKNOWN] as const) {
        const history = run([attempt(undone, outcome)], stored(undone, 1), { sideRows: ['unit-1'] });
        expect(kinds(history)).toEqual(['stored-although-not']);
        expect(kinds(run([attempt(undone, outcome)]))).toEqual([]);
      }
    });

    it('sees an append that was refused after an attempt without an answer, and is there', () => {
      const picky = unit(2, { appends: [sent('append-2', { expected: 0 })] });
      const refused: Outcome = { is: 'wrong-version', stream: STREAM, actual: 1 };
      const attempts = [attempt(one, acknowledged(answer(1))), attempt(picky, UNKNOWN), attempt(picky, refused)];

      expect(kinds(run(attempts, [...stored(one, 1), ...stored(picky, 2)]))).toContain('stored-although-not');
    });

    describe('for its version', () => {
      const refusal = (expected: SentAppend['expected'], actual: number) =>
        attempt(unit(3, { appends: [sent('append-3', { expected })] }), {
          is: 'wrong-version',
          stream: STREAM,
          actual,
        });
      const after = (refused: Attempt) => kinds({ ...oneAndTwo, attempts: [...oneAndTwo.attempts, refused] });

      it('allows a refusal that can be true', () => {
        expect(after(refusal('no-stream', 2))).toEqual([]);
        expect(after(refusal(1, 2))).toEqual([]);
      });

      it.each([
        ['fits what was expected', refusal(2, 2)],
        ['is below the one that the sender had read', refusal(3, 2)],
        ['is below the one that the sender had written', refusal('no-stream', 1)],
        ['the stream never reached', refusal('no-stream', 3)],
      ])('sees a refusal by a version that %s', (_, refused) => {
        expect(after(refused)).toEqual(['impossible-refusal']);
      });

      it('knows no bound of what a transaction that was rolled back reached', () => {
        const refused = attempt(
          unit(3, { kind: 'transaction', appends: [sent('append-3'), sent('append-4', { expected: 'no-stream' })] }),
          { is: 'wrong-version', stream: STREAM, actual: 3 },
        );

        expect(after(refused)).toEqual([]);
      });
    });

    it('sees a refusal of a key that nobody else used', () => {
      expect(kinds(run([attempt(one, { is: 'key-reused', key: 'key-append-1' })]))).toEqual(['impossible-refusal']);
    });

    it('sees a failure that no writer expects', () => {
      expect(kinds(run([attempt(one, { is: 'failed', message: 'duplicate key value' })]))).toEqual([
        'unexpected-failure',
      ]);
    });

    it('sees events and side rows that nobody sent', () => {
      expect(kinds(run([], stored(one, 1)))).toEqual(['unexplained']);
      expect(
        kinds(
          run(
            [],
            stored(one, 1).map((event) => ({ ...event, data: {} })),
          ),
        ),
      ).toEqual(['unexplained']);
      expect(kinds(run([], [], { sideRows: ['unit-9'] }))).toEqual(['unexplained']);
    });
  });

  describe('of what had no answer', () => {
    it.each([
      ['was lost', attempt(one, UNKNOWN)],
      ['never came, since its process ended', attempt(one)],
    ])('allows it to be there once or not at all when the answer %s', (_, unanswered) => {
      expect(kinds(run([unanswered]))).toEqual([]);
      expect(kinds(run([unanswered], stored(one, 1)))).toEqual([]);
      expect(kinds(run([unanswered], [...stored(one, 1), ...stored(one, 2)]))).toContain('stored-twice');
    });

    it('wants it there once when its key was sent again and answered', () => {
      const again = [attempt(one, UNKNOWN), attempt(one, acknowledged(answer(1, DUPLICATE)))];

      expect(kinds(run(again, stored(one, 1)))).toEqual([]);
      expect(kinds(run(again))).toEqual(['lost']);
      expect(kinds(run(again, [...stored(one, 1), ...stored(one, 2)]))).toContain('stored-twice');
    });

    it('allows a late one that needed a stream which appeared after the refusal', () => {
      const late = unit(1, { appends: [sent('append-1', { expected: 'exists', stream: 'item-8' })] });
      const first = unit(2, { session: 'b', appends: [sent('append-2', { stream: 'item-8' })] });
      const attempts = [
        ...[attempt(late, UNKNOWN), attempt(late, { is: 'wrong-version', stream: 'item-8', actual: 0 } as const)],
        attempt(first, acknowledged(answer(1))),
      ];

      expect(kinds(run(attempts, [...stored(first, 1), ...stored(late, 2)]))).toEqual([]);
    });
  });

  describe('of keys', () => {
    const first = attempt(one, acknowledged(answer(1)));

    it('allows the same answer as often as it is asked for', () => {
      const again = attempt(one, acknowledged(answer(1, DUPLICATE)));

      expect(kinds(run([first, again, again], stored(one, 1)))).toEqual([]);
    });

    it('sees another answer than the first', () => {
      const again = attempt(one, acknowledged(answer(2, DUPLICATE)));

      expect(kinds(run([first, again], stored(one, 1)))).toEqual(['answers-differ']);
    });

    it('sees two answers that both say it is new', () => {
      expect(kinds(run([first, first], stored(one, 1)))).toEqual(['answers-differ']);
    });

    it.each<[string, Outcome]>([
      ['version', { is: 'wrong-version', stream: STREAM, actual: 1 }],
      ['content', { is: 'key-reused', key: 'key-append-1' }],
    ])('sees a refusal for its %s of what was acknowledged', (_, refused) => {
      const picky = unit(1, { appends: [sent('append-1', { expected: 0 })] });
      const attempts = [attempt(picky, acknowledged(answer(1))), attempt(picky, refused)];

      expect(kinds(run(attempts, stored(picky, 1)))).toContain('answers-differ');
    });

    it('sees other content under the same key', () => {
      const other = unit(2, { appends: [sent('append-2', { key: 'key-append-1' })] });
      const refused = attempt(other, { is: 'key-reused', key: 'key-append-1' });
      const accepted = attempt(other, acknowledged(answer(2)));

      expect(kinds(run([first, refused], stored(one, 1)))).toEqual([]);
      expect(kinds(run([first, accepted], [...stored(one, 1), ...stored(other, 2)]))).toEqual(['key-used-twice']);
    });

    it('keeps the keys of tenants apart', () => {
      const other = unit(2, { appends: [sent('append-2', { key: 'key-append-1', tenant: 'other' })] });
      const accepted = attempt(other, acknowledged(answer(2, { streamVersion: 1 })));

      expect(kinds(run([first, accepted], [...stored(one, 1), ...stored(other, 2, 1)]))).toEqual([]);
    });
  });

  describe('of the log', () => {
    it('sees a version that is missing, and one that is there twice', () => {
      const attempts = [attempt(one, UNKNOWN), attempt(two, UNKNOWN)];

      expect(kinds(run(attempts, [...stored(one, 1), ...stored(two, 2, 3)]))).toEqual(['version-gap']);
      expect(kinds(run(attempts, [...stored(one, 1), ...stored(two, 2, 1)]))).toEqual(['version-gap']);
    });

    it('sees positions that do not grow', () => {
      const other = unit(2, { session: 'b', appends: [sent('append-2', { stream: 'item-8' })] });
      const attempts = [attempt(one, UNKNOWN), attempt(other, UNKNOWN)];

      expect(
        kinds(
          run(attempts, [...stored(other, 2, 1), ...stored(one, 1)], {
            seen: [...stored(one, 1), ...stored(other, 2, 1)],
          }),
        ),
      ).toEqual(['log-out-of-order']);
    });

    it('passes on what is said of the hash chain', () => {
      const broken = { outcome: 'broken', position: position(1), reason: 'changed' } as const;

      expect(kinds({ ...oneAndTwo, chain: broken })).toEqual(['chain-broken']);
      expect(kinds({ ...oneAndTwo, chain: { outcome: 'intact', events: 2, position: position(2), hash: '' } })).toEqual(
        [],
      );
    });
  });

  describe('of the tail reader', () => {
    const [first, second] = oneAndTwo.log.map((event) => event);
    const read = (...seen: (LoggedEvent | undefined)[]) =>
      kinds({ ...oneAndTwo, seen: seen.flatMap((event) => event ?? []) });

    it('sees an event that it missed', () => {
      expect(read(second)).toEqual(['reader-missed']);
    });

    it('sees an event that it got twice', () => {
      expect(read(first, second, second)).toEqual(['reader-saw-twice']);
    });

    it('sees an event that appeared behind its checkpoint', () => {
      expect(read(second, first)).toEqual(['reader-out-of-order']);
    });

    it('sees an event that the log does not hold, or holds with another hash', () => {
      expect(read(first, second, ...stored(three, 3))).toEqual(['reader-saw-phantom']);
      expect(read(first, second && { ...second, hash: 'other' })).toEqual(['reader-saw-phantom', 'reader-missed']);
    });
  });

  describe('of side rows', () => {
    const transaction = unit(1, { kind: 'transaction' });

    it.each<[string, Outcome]>([
      ['acknowledged', acknowledged()],
      ['unanswered', UNKNOWN],
    ])('wants the row and the events of an %s transaction together', (_, outcome) => {
      const attempts = [attempt(transaction, outcome)];
      const log = stored(transaction, 1);

      expect(kinds(run(attempts, log, { sideRows: ['unit-1'] }))).toEqual([]);
      expect(kinds(run(attempts, log))).toEqual(['events-without-side-row']);
      expect(kinds(run(attempts, [], { sideRows: ['unit-1'] }))).toContain('side-row-without-events');
    });
  });
});
