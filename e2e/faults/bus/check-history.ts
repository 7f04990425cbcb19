import type { Effect, History, LoggedEvent } from './history.ts';

export type ViolationKind =
  | 'lost' // in the log and published, and without an effect
  | 'applied-twice'
  | 'out-of-order' // an effect before that of an earlier event of its stream
  | 'effect-of-nothing' // of an event that was never in the log, or that nobody was told of
  | 'wrong-place' // the handler was told another stream, version or position than the log's
  | 'void-applied-late' // after the restore that took the event away
  | 'discarded-applied'
  | 'own-event-lost'
  | 'own-event-twice'
  | 'own-event-of-nothing'
  | 'message-missing' // in the log and published, and not in the stream
  | 'message-twice'
  | 'message-out-of-order'
  | 'message-of-nothing' // in the stream, and not in the log
  | 'inbox-behind'
  | 'inbox-beyond'
  | 'inbox-of-old-epoch'
  | 'ahead-left'
  | 'parked-left';

export type Violation = Readonly<{ kind: ViolationKind; detail: string }>;

/**
 * What a run shows that a bus must never do; empty when all guarantees held.
 *
 * It looks only at the log, at what the handlers wrote, at the stream and at what the consumer believes, once nothing is
 * under way any more. Every published event exactly once, and in order within its stream, also means that no stream had
 * a gap at any time: a row that is filled in later is out of order.
 */
export function checkHistory(history: History): readonly Violation[] {
  return [
    ...existence(history),
    ...places(history),
    ...order(history),
    ...voids(history),
    ...ownEvents(history),
    ...broker(history),
    ...inbox(history),
    ...leftovers(history),
  ];
}

const violation = (kind: ViolationKind, detail: string): Violation => ({ kind, detail });

const byId = <One extends { readonly id: string }>(events: readonly One[]): Map<string, One> =>
  new Map(events.map((event) => [event.id, event]));

const nameOf = ({ stream, version, position, epoch, id }: LoggedEvent): string =>
  `${stream} ${version} at ${position} of epoch ${epoch} (${id})`;

const effectName = ({ event, stream, version, position, instance }: Effect): string =>
  `${stream} ${version} at ${position} (${event}) by ${instance}`;

/** Each published event once; one that a restore took away at most once; nothing else. */
function existence({ log, voided, effects, discarded }: History): Violation[] {
  const put = new Set(discarded);
  const byEvent = Map.groupBy(effects, ({ event }) => event);
  const published = byId([...log, ...voided].filter(({ isPublished }) => isPublished));
  const lost = log.filter(({ id, isPublished }) => isPublished && !put.has(id) && !byEvent.has(id));
  return [
    ...lost.map((event) => violation('lost', nameOf(event))),
    ...[...byEvent.values()]
      .filter((copies) => copies.length > 1)
      .map((copies) => violation('applied-twice', copies.map(effectName).join('; '))),
    ...effects
      .filter(({ event }) => !published.has(event))
      .map((one) => violation('effect-of-nothing', effectName(one))),
    ...effects.filter(({ event }) => put.has(event)).map((one) => violation('discarded-applied', effectName(one))),
  ];
}

function places({ log, voided, effects }: History): Violation[] {
  const known = byId([...log, ...voided]);
  return effects.flatMap((effect) => {
    const event = known.get(effect.event);
    const isRight =
      event === undefined ||
      (event.stream === effect.stream && event.version === effect.version && event.position === effect.position);
    return isRight ? [] : [violation('wrong-place', `${nameOf(event)} was handled as ${effectName(effect)}`)];
  });
}

/** What a restore took away has versions that are given again, so it is held apart. */
function order({ voided, effects }: History): Violation[] {
  const isVoid = byId(voided);
  const remaining = effects.filter(({ event }) => !isVoid.has(event));
  const gone = effects.filter(({ event }) => isVoid.has(event));
  return [...outOfOrder(remaining, () => ''), ...outOfOrder(gone, ({ event }) => String(isVoid.get(event)?.epoch))];
}

/** @param lifeOf keeps apart events of one stream whose versions were given more than once */
function outOfOrder(effects: readonly Effect[], lifeOf: (effect: Effect) => string): Violation[] {
  const streams = Map.groupBy(effects, (effect) => `${lifeOf(effect)} ${effect.stream}`);
  return [...streams.values()].flatMap((ofStream) =>
    ofStream.flatMap((effect, index) => {
      const before = ofStream[index - 1];
      const isLater = before === undefined || before.version <= effect.version; // the same one is applied twice
      return isLater ? [] : [violation('out-of-order', `${effectName(effect)} after version ${before.version}`)];
    }),
  );
}

/** Once something of a new life was applied in a slot, nothing of what that life lacks is applied there. */
function voids({ log, voided, effects }: History): Violation[] {
  const known = byId([...log, ...voided]);
  const isVoid = byId(voided);
  const newest = new Map<number, number>();
  return effects.flatMap((effect) => {
    const event = known.get(effect.event);
    if (!event) return [];
    const epoch = newest.get(event.slot) ?? 0;
    newest.set(event.slot, Math.max(epoch, event.epoch));
    const isLate = isVoid.has(event.id) && event.epoch < epoch;
    return isLate ? [violation('void-applied-late', `${effectName(effect)} after epoch ${epoch} had begun there`)] : [];
  });
}

/** Each effect that calls for one has one event of the consumer's own. */
function ownEvents({ log, voided, effects, ownEvents: own }: History): Violation[] {
  const known = byId([...log, ...voided]);
  const wanted = new Set(effects.flatMap(({ event }) => (known.get(event)?.isAnswered === true ? [event] : [])));
  const byCause = Map.groupBy(own, ({ cause }) => cause);
  return [
    ...[...wanted].filter((id) => !byCause.has(id)).map((id) => violation('own-event-lost', `because of ${id}`)),
    ...[...byCause].flatMap(([cause, events]) => {
      const at = events.map(({ position }) => position).join(', ');
      const found = events.length > 1 ? [violation('own-event-twice', `because of ${cause}, at ${at}`)] : [];
      if (!wanted.has(cause)) found.push(violation('own-event-of-nothing', `because of ${cause}, at ${at}`));
      return found;
    }),
  ];
}

/** The stream is a copy of what is published of the log, as far back as it is kept. */
function broker({ log, broker: messages, hasRetention }: History): Violation[] {
  const published = byId(log.filter(({ isPublished }) => isPublished));
  const held = Map.groupBy(messages, ({ event }) => event);
  const first = messages.find(({ event }) => published.has(event))?.position ?? Infinity;
  const wanted = [...published.values()].filter(({ position }) => !hasRetention || position >= first);
  let last = 0;
  return [
    ...wanted.filter(({ id }) => !held.has(id)).map((event) => violation('message-missing', nameOf(event))),
    ...messages.flatMap(({ sequence, position, event }) => {
      const at = `position ${position} (${event}) at sequence ${sequence}`;
      const logged = published.get(event);
      if (logged?.position !== position) return [violation('message-of-nothing', at)];
      const isLater = position >= last; // the same one is there twice
      const found = isLater ? [] : [violation('message-out-of-order', `${at} after position ${last}`)];
      last = Math.max(last, position);
      return found;
    }),
    ...[...held.values()]
      .filter((copies) => copies.length > 1)
      .map((copies) => {
        const sequences = copies.map(({ sequence }) => sequence).join(', ');
        return violation('message-twice', `position ${copies[0]?.position ?? 0} at sequences ${sequences}`);
      }),
  ];
}

/** What the consumer believes to have applied is all there was, and not more. */
function inbox({ log, inbox: rows, epoch }: History): Violation[] {
  const head = log.at(-1)?.position ?? 0;
  const bySlot = new Map(rows.map((row) => [row.slot, row]));
  const ends = new Map(log.filter(({ isPublished }) => isPublished).map(({ slot, position }) => [slot, position]));
  return [
    ...[...ends].flatMap(([slot, end]) => {
      const at = bySlot.get(slot)?.position ?? 0;
      return at >= end ? [] : [violation('inbox-behind', `slot ${slot} is at ${at}; its last event is at ${end}`)];
    }),
    ...rows.flatMap(({ slot, position, epoch: of }) => {
      const found: Violation[] = [];
      if (position > head) found.push(violation('inbox-beyond', `slot ${slot} is at ${position}, the log at ${head}`));
      if (ends.has(slot) && of !== epoch) {
        found.push(violation('inbox-of-old-epoch', `slot ${slot} is in epoch ${of}, the log in ${epoch}`));
      }
      return found;
    }),
  ];
}

const leftovers = ({ aheadRows, parked }: History): Violation[] => [
  ...(aheadRows > 0 ? [violation('ahead-left', `${aheadRows} rows`)] : []),
  ...parked.map((words) => violation('parked-left', words)),
];
