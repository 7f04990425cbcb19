import { describe, expect, it } from '@jest/globals';
import { position, type Position } from '#libs/event-store';
import { sharedPosition, SlotQueue, type LiveEvent } from './slot-queue.ts';

const at = position;

function live(number: number, previous: number, streamKey = 'demo/a'): LiveEvent {
  return { position: at(number), previous: at(previous), streamKey };
}

function queueAt(applied: number, ahead: readonly number[] = []): SlotQueue<LiveEvent> {
  return new SlotQueue<LiveEvent>(at(applied), ahead.map(at));
}

/** Begins and ends the next event, as a worker does. */
function apply(queue: SlotQueue<LiveEvent>): Position | undefined {
  const events = queue.next();
  if (events.length > 0) queue.committed(events, queue.moveFor(events));
  return events[0]?.position;
}

const drain = (queue: SlotQueue<LiveEvent>): Position[] => {
  const applied: Position[] = [];
  for (let one = apply(queue); one !== undefined; one = apply(queue)) applied.push(one);
  return applied;
};

describe('events of a slot that come by the bus', () => {
  it('are handled in their order, and the inbox moves with each', () => {
    const queue = queueAt(10);
    expect([queue.offer(live(12, 10)), queue.offer(live(15, 12))]).toEqual(['queued', 'queued']);

    const first = queue.next();
    expect(queue.moveFor(first)).toEqual({ kind: 'forward', from: 10, to: 12, absorbs: false });
    queue.committed(first, queue.moveFor(first));

    expect(queue.applied).toBe(12);
    expect(drain(queue)).toEqual([15]);
    expect({ applied: queue.applied, size: queue.size }).toEqual({ applied: 15, size: 0 });
  });

  it('are known when they come again: applied, waiting or under way', () => {
    const queue = queueAt(10);
    queue.offer(live(12, 10));
    queue.offer(live(13, 12));
    queue.next();
    expect([10, 12, 13].map((number) => queue.offer(live(number, 9)))).toEqual(['known', 'known', 'known']);
    expect(queue.size).toBe(2);
  });

  it('wait when one before them has not come, and go on when it has', () => {
    const queue = queueAt(10);
    expect([queue.offer(live(15, 14)), queue.offer(live(14, 12)), queue.offer(live(15, 14))]).toEqual([
      'early',
      'early',
      'known',
    ]);
    expect({ hasEarly: queue.hasEarly, next: queue.next() }).toEqual({ hasEarly: true, next: [] });

    expect(queue.offer(live(12, 10))).toBe('queued');

    expect(queue.hasEarly).toBe(false);
    expect(drain(queue)).toEqual([12, 14, 15]);
  });

  it('are passed over when nobody follows them, and the inbox follows with the next move', () => {
    const queue = new SlotQueue<LiveEvent>(at(0), [], ({ streamKey }) => streamKey !== 'demo/other');
    expect(queue.offer(live(1, 0, 'demo/other'))).toBe('passed');
    expect(queue.offer(live(2, 1))).toBe('queued');
    expect(queue.offer(live(3, 2, 'demo/other'))).toBe('passed');
    expect(queue.offer(live(3, 2, 'demo/other'))).toBe('known');

    expect(drain(queue)).toEqual([2]);
    expect(queue.applied).toBe(3);
  });
});

describe('events of a slot that are read from the log', () => {
  it('fill the gap before those that came early, each once', () => {
    const queue = queueAt(10);
    queue.offer(live(20, 16));
    const fresh = queue.extend([live(11, 0), live(16, 0), live(20, 0)], at(25));

    expect(fresh.map((event) => event.position)).toEqual([11, 16, 20]);
    expect({ known: queue.known, hasEarly: queue.hasEarly }).toEqual({ known: 25, hasEarly: false });
    expect(drain(queue)).toEqual([11, 16, 20]);
    expect(queue.applied).toBe(25);
  });

  it('say that there is nothing: what follows is in its turn, and the inbox may move on when all is done', () => {
    const queue = queueAt(10);
    queue.extend([], at(30));
    expect(queue.idleMove()).toEqual({ kind: 'forward', from: 10, to: 30, absorbs: false });
    expect(queue.offer(live(33, 28))).toBe('queued');
    expect(queue.idleMove()).toBeUndefined();
  });

  it('end the wait for events that the log does not hold', () => {
    const queue = queueAt(10);
    queue.offer(live(14, 12));
    queue.extend([], at(20));
    expect({ hasEarly: queue.hasEarly, size: queue.size }).toEqual({ hasEarly: false, size: 0 });
  });

  it('never lead back', () => {
    const queue = queueAt(10);
    queue.extend([], at(5));
    expect(queue.known).toBe(10);
  });
});

describe('an event that takes long', () => {
  it('lets others past it, but none of its own stream, and the inbox notes them as ahead', () => {
    const queue = queueAt(0);
    for (const event of [live(1, 0, 'slow'), live(2, 1, 'slow'), live(3, 2, 'quick'), live(4, 3, 'quick')])
      queue.offer(event);
    const slow = queue.next();
    expect(queue.next()).toEqual([]);

    queue.slowDown(slow);
    const quick = queue.next(9);
    expect(quick.map((event) => event.position)).toEqual([3]);
    expect(queue.moveFor(quick)).toEqual({ kind: 'ahead', from: 0, position: 3 });
    queue.committed(quick, queue.moveFor(quick));
    expect(apply(queue)).toBe(4);
    expect(queue.next()).toEqual([]);

    expect(queue.moveFor(slow)).toEqual({ kind: 'forward', from: 0, to: 1, absorbs: true });
    queue.committed(slow, queue.moveFor(slow));
    expect(apply(queue)).toBe(2);
    expect({ applied: queue.applied, ahead: queue.aheadUpTo(at(99)) }).toEqual({ applied: 4, ahead: [] });
  });

  it('does not make what was ahead come again after a restart', () => {
    const queue = queueAt(0, [3, 4]);
    expect(queue.offer(live(1, 0))).toBe('queued');
    expect(queue.offer(live(3, 1))).toBe('known');
    expect(queue.offer(live(4, 3))).toBe('known');
    expect(queue.offer(live(6, 4))).toBe('queued');
    expect(drain(queue)).toEqual([1, 6]);
    expect(queue.applied).toBe(6);
  });

  it('is not applied again from the log either', () => {
    const queue = queueAt(0, [3]);
    expect(queue.extend([live(1, 0), live(3, 0), live(5, 0)], at(5)).map((event) => event.position)).toEqual([1, 5]);
    expect(drain(queue)).toEqual([1, 5]);
  });

  it('that is put back is in its turn again, before those behind it', () => {
    const queue = queueAt(0);
    queue.offer(live(1, 0));
    queue.offer(live(2, 1));
    queue.putBack(queue.next());
    expect(drain(queue)).toEqual([1, 2]);
  });

  it('of a stream that is busy elsewhere lets other streams go first', () => {
    const queue = queueAt(0);
    queue.offer(live(1, 0, 'parked'));
    queue.offer(live(2, 1, 'parked'));
    queue.offer(live(3, 2, 'free'));
    expect(queue.next(9, (streamKey) => streamKey === 'parked').map((event) => event.position)).toEqual([3]);
  });
});

describe('events of a slot that wait together', () => {
  it('are handled together as long as each is of another stream, and the inbox moves over all of them', () => {
    const queue = queueAt(0);
    for (const event of [live(1, 0, 'a'), live(2, 1, 'b'), live(3, 2, 'a'), live(4, 3, 'c')]) queue.offer(event);
    const together = queue.next(9);
    expect(together.map((event) => event.position)).toEqual([1, 2]);
    expect(queue.moveFor(together)).toEqual({ kind: 'forward', from: 0, to: 2, absorbs: false });

    queue.committed(together, queue.moveFor(together));

    expect(queue.next(9).map((event) => event.position)).toEqual([3, 4]);
  });

  it('are no more than asked for, and never ones whose stream is blocked', () => {
    const queue = queueAt(0);
    for (const event of [live(1, 0, 'a'), live(2, 1, 'b'), live(3, 2, 'c')]) queue.offer(event);
    expect(queue.next(2, (streamKey) => streamKey === 'b').map((event) => event.position)).toEqual([1]);
  });

  it('can be ended one by one, the inbox behind each', () => {
    const queue = queueAt(0);
    for (const event of [live(1, 0, 'a'), live(2, 1, 'b'), live(5, 2, 'c')]) queue.offer(event);
    const together = queue.next(9);
    for (const event of together) queue.committed([event], queue.moveFor([event]));
    expect({ applied: queue.applied, size: queue.size }).toEqual({ applied: 5, size: 0 });
  });

  it('are in their turn again when they are put back, but for those that were ended', () => {
    const queue = queueAt(0);
    for (const event of [live(1, 0, 'a'), live(2, 1, 'b')]) queue.offer(event);
    const together = queue.next(9);
    const [first] = together;
    if (!first) throw new Error('nothing to do');
    queue.committed([first], queue.moveFor([first]));
    queue.putBack(together);
    expect(drain(queue)).toEqual([2]);
  });
});

describe('a new life of the log', () => {
  const lives = [
    { epoch: 1, began: at(0) },
    { epoch: 2, began: at(100) },
    { epoch: 3, began: at(150) },
  ];

  it.each([
    [{ epoch: 3, position: at(500) }, 500],
    [{ epoch: 2, position: at(500) }, 150],
    [{ epoch: 2, position: at(120) }, 120],
    [{ epoch: 1, position: at(120) }, 100],
    [{ epoch: 1, position: at(80) }, 80],
  ])('is entered from %o at %i, the last position that both share', (known, shared) => {
    expect(sharedPosition(known, lives)).toBe(shared);
  });
});
