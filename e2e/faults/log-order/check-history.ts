import { canonicalJson } from '#libs/event-store';
import {
  accepts,
  EventData,
  type Answer,
  type Attempt,
  type History,
  type LoggedEvent,
  type SentAppend,
  type Unit,
} from './history.ts';

export type ViolationKind =
  | 'lost' // acknowledged, and not in the log
  | 'partly-stored'
  | 'stored-twice'
  | 'stored-although-not' // refused, rolled back or said not to be applied, and in the log
  | 'unexplained' // in the log, and nobody sent it
  | 'wrong-content'
  | 'wrong-answer'
  | 'answers-differ' // the same unit was answered in two ways
  | 'key-used-twice'
  | 'wrong-version-accepted'
  | 'impossible-refusal'
  | 'unexpected-failure'
  | 'scattered' // other events between those of one append
  | 'log-out-of-order'
  | 'version-gap'
  | 'session-out-of-order'
  | 'reader-missed'
  | 'reader-saw-twice'
  | 'reader-out-of-order'
  | 'reader-saw-phantom'
  | 'events-without-side-row'
  | 'side-row-without-events'
  | 'chain-broken';

export type Violation = Readonly<{ kind: ViolationKind; detail: string }>;

/** How often the events of a unit must be in the log, after all that its attempts were told. */
type Fate = 'once' | 'at-most-once' | 'never';

/** A unit, all that its sender learned of it, and what the log holds of each of its appends. */
type Story = Readonly<{
  unit: Unit;
  attempts: readonly Attempt[];
  fate: Fate;
  stored: readonly (readonly LoggedEvent[])[];
}>;

/**
 * What a run shows that a log must never do; empty when all guarantees held.
 *
 * It looks only at what clients were told and at what they can read afterwards, so it judges any store.
 */
export function checkHistory(history: History): readonly Violation[] {
  const byAppend = Map.groupBy(history.log, (event) => appendIdOf(event) ?? '');
  const stories = storiesOf(history.attempts, byAppend);
  const sideRows = new Set(history.sideRows);
  const finalVersions = new Map(history.log.map((event) => [`${event.tenant}/${event.streamId}`, event.streamVersion]));
  return [
    ...stories.flatMap((story) => [
      ...existence(story),
      ...placement(story),
      ...answers(story),
      ...refusals(story, stories, finalVersions),
      ...sideRow(story, sideRows),
    ]),
    ...unexplained(history, stories),
    ...keys(stories),
    ...sessions(stories),
    ...logOrder(history.log),
    ...streamVersions(history.log),
    ...reader(history),
    ...(history.chain?.outcome === 'broken' ? [violation('chain-broken', history.chain.reason)] : []),
  ];
}

const violation = (kind: ViolationKind, detail: string): Violation => ({ kind, detail });

function appendIdOf(event: LoggedEvent): string | undefined {
  return EventData.safeParse(event.data).data?.append;
}

function storiesOf(
  attempts: readonly Attempt[],
  byAppend: ReadonlyMap<string, readonly LoggedEvent[]>,
): readonly Story[] {
  const byUnit = Map.groupBy(attempts, ({ unit }) => unit.id);
  return [...byUnit.values()].flatMap((ofUnit) => {
    const [first] = ofUnit;
    if (!first) return [];
    const stored = first.unit.appends.map(({ id }) => byAppend.get(id) ?? []);
    return [{ unit: first.unit, attempts: ofUnit, fate: fateOf(first.unit, ofUnit), stored }];
  });
}

function fateOf(unit: Unit, attempts: readonly Attempt[]): Fate {
  if (unit.rollsBack) return 'never';
  const outcomes = attempts.map(({ outcome }) => outcome);
  if (outcomes.some((outcome) => outcome?.is === 'acknowledged')) return 'once';
  const mayHaveBeenApplied = outcomes.some(
    (outcome) =>
      outcome === undefined ||
      outcome.is === 'failed' ||
      (outcome.is === 'unavailable' && outcome.applied === 'unknown'),
  );
  if (!mayHaveBeenApplied) return 'never';
  // An attempt whose backend outlives its connection may be decided after a later one was refused. It is refused then,
  // too, since versions only grow; save where the stream had to exist, and does by now.
  const refused = outcomes.some((outcome) => outcome?.is === 'wrong-version' || outcome?.is === 'key-reused');
  return refused && !unit.appends.some(({ expected }) => expected === 'exists') ? 'never' : 'at-most-once';
}

function existence({ unit, fate, stored }: Story): Violation[] {
  const copies = unit.appends.map(({ events }, index) => (stored[index]?.length ?? 0) / events.length);
  const say = (kind: ViolationKind): Violation[] => [
    violation(kind, `${unit.id}: its appends are in the log ${copies.join(', ')} times; expected: ${fate}`),
  ];
  if (copies.every((count) => count === 0)) return fate === 'once' ? say('lost') : [];
  if (fate === 'never') return say('stored-although-not');
  if (copies.some((count) => count > 1)) return say('stored-twice');
  return copies.every((count) => count === 1) ? [] : say('partly-stored');
}

/** What holds of each append that is in the log once. */
function placement({ unit, stored }: Story): Violation[] {
  return unit.appends.flatMap((append, index) => {
    const events = stored[index] ?? [];
    const [first] = events;
    if (!first || events.length !== append.events.length) return [];
    const found: Violation[] = [];
    const differing = events.findIndex((event, at) => contentOf(event) !== contentSent(unit, append, at));
    if (differing >= 0) {
      const detail = `event ${differing} of ${append.id}: ${contentSent(unit, append, differing)} was sent, `;
      found.push(violation('wrong-content', `${detail}${contentOf(events[differing])} is stored`));
    }
    const positions = events.map(({ position }) => position);
    if (!areConsecutive(positions)) found.push(violation('scattered', `${append.id} is at ${positions.join(', ')}`));
    if (!accepts(append.expected, first.streamVersion - 1)) {
      const detail = `${append.id} expected ${append.expected} and begins at version ${first.streamVersion}`;
      found.push(violation('wrong-version-accepted', detail));
    }
    return found;
  });
}

const contentOf = (event: LoggedEvent | undefined): string | undefined =>
  event && canonicalJson([event.tenant, event.streamId, event.metadata.correlationId, event.type, event.data]);

const contentSent = (unit: Unit, { tenant, stream, events }: SentAppend, index: number): string =>
  canonicalJson([tenant, stream, unit.id, events[index]?.type, events[index]?.data]);

const areConsecutive = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);

/** Each answer is what the log says, and every one of a unit is the same. */
function answers(story: Story): Violation[] {
  const { unit, attempts, stored } = story;
  const found: Violation[] = isRefusedAlthoughAccepted(story)
    ? [violation('answers-differ', `${unit.id} was acknowledged, and refused when it was sent once more`)]
    : [];
  const given = attempts.flatMap(({ outcome }) => (outcome?.is === 'acknowledged' ? outcome.answers.slice(0, 1) : []));
  const [first] = given;
  if (!first) return found;
  const firsts = given.filter(({ outcome }) => outcome === 'appended').length;
  if (firsts > 1 || given.some((answer) => figuresOf(answer) !== figuresOf(first))) {
    const all = given.map((answer) => `${answer.outcome} ${figuresOf(answer)}`);
    found.push(violation('answers-differ', `${unit.id} was answered: ${all.join('; ')}`));
  }
  const events = stored[0] ?? [];
  const actual = `version ${events.at(-1)?.streamVersion}, ${events.at(0)?.position} to ${events.at(-1)?.position}`;
  if (events.length > 0 && figuresOf(first) !== actual) {
    found.push(violation('wrong-answer', `${unit.id} was answered ${figuresOf(first)}; the log has ${actual}`));
  }
  return found;
}

/** A key that is known comes before any expectation. What was refused first can be right later only where a stream had to exist. */
function isRefusedAlthoughAccepted({ unit, attempts, fate }: Story): boolean {
  const isRefused = attempts.some(({ outcome }) => outcome?.is === 'wrong-version' || outcome?.is === 'key-reused');
  return fate === 'once' && isRefused && !unit.appends.some(({ expected }) => expected === 'exists');
}

const figuresOf = ({ streamVersion, firstPosition, lastPosition }: Answer): string =>
  `version ${streamVersion}, ${firstPosition} to ${lastPosition}`;

/** A refusal names a reason that can be true; whatever else went wrong was foreseen. */
function refusals(story: Story, all: readonly Story[], finalVersions: ReadonlyMap<string, number>): Violation[] {
  const { unit, attempts } = story;
  const impossible = (detail: string) => [violation('impossible-refusal', `${unit.id}: ${detail}`)];
  return attempts.flatMap(({ outcome }) => {
    if (outcome?.is === 'failed') return [violation('unexpected-failure', `${unit.id}: ${outcome.message}`)];
    if (outcome?.is === 'key-reused') {
      const isTaken = all.some((other) => other !== story && other.unit.appends.some(({ key }) => key === outcome.key));
      return isTaken ? [] : impossible(`nobody else used the key ${outcome.key}`);
    }
    if (outcome?.is !== 'wrong-version') return [];
    const { stream, actual } = outcome;
    const isTrue = unit.appends.some((append) => {
      const latest = unit.kind === 'append' ? (finalVersions.get(streamOf(append)) ?? 0) : Infinity;
      const mayBe = actual >= knownVersion(append, story, all) && actual <= latest;
      return append.stream === stream && mayBe && !accepts(append.expected, actual);
    });
    return isTrue ? [] : impossible(`${stream} was not at version ${actual}`);
  });
}

/** The least version that the stream had for sure when the unit was decided, since versions do not fall. */
function knownVersion(append: SentAppend, { unit }: Story, all: readonly Story[]): number {
  const written = all
    .filter((other) => other.fate === 'once' && other.unit.session === unit.session && other.unit.number < unit.number)
    .flatMap(({ stored }) => stored.flat())
    .filter((event) => event.tenant === append.tenant && event.streamId === append.stream);
  // An exact version is expected because it had been read.
  const read = typeof append.expected === 'number' ? append.expected : 0;
  return Math.max(read, ...written.map(({ streamVersion }) => streamVersion));
}

const streamOf = ({ tenant, stream }: SentAppend): string => `${tenant}/${stream}`;

function sideRow({ unit, stored }: Story, sideRows: ReadonlySet<string>): Violation[] {
  if (unit.kind !== 'transaction') return [];
  const hasEvents = stored.some((events) => events.length > 0);
  if (hasEvents === sideRows.has(unit.id)) return [];
  return [violation(hasEvents ? 'events-without-side-row' : 'side-row-without-events', unit.id)];
}

function unexplained({ log, sideRows }: History, stories: readonly Story[]): Violation[] {
  const sent = new Set(stories.flatMap(({ unit }) => unit.appends.map(({ id }) => id)));
  const units = new Set(stories.flatMap(({ unit }) => (unit.kind === 'transaction' ? [unit.id] : [])));
  return [
    ...log
      .filter((event) => !sent.has(appendIdOf(event) ?? ''))
      .map((event) => violation('unexplained', `the event at ${event.position}`)),
    ...sideRows.filter((id) => !units.has(id)).map((id) => violation('unexplained', `the side row ${id}`)),
  ];
}

function keys(stories: readonly Story[]): Violation[] {
  const stored = stories.flatMap(({ unit, stored: events }) =>
    unit.appends.filter(({ key }, index) => key !== undefined && (events[index]?.length ?? 0) > 0),
  );
  return [...Map.groupBy(stored, ({ tenant, key }) => `${tenant}/${key}`)]
    .filter(([, appends]) => appends.length > 1)
    .map(([key, appends]) => violation('key-used-twice', `${key} by ${appends.map(({ id }) => id).join(', ')}`));
}

/** Who got an answer and then sends more finds the second behind the first. */
function sessions(stories: readonly Story[]): Violation[] {
  const acknowledged = stories.filter(({ fate, stored }) => fate === 'once' && (stored[0]?.length ?? 0) > 0);
  return [...Map.groupBy(acknowledged, ({ unit }) => unit.session).values()].flatMap((ofSession) => {
    const inOrder = ofSession.toSorted((left, right) => left.unit.number - right.unit.number);
    return inOrder.flatMap((story, index) => {
      const before = inOrder[index - 1];
      const isBehind = !before || lastPositionOf(before) < firstPositionOf(story);
      return isBehind ? [] : [violation('session-out-of-order', `${story.unit.id} is before ${before.unit.id}`)];
    });
  });
}

const firstPositionOf = ({ stored }: Story): number => Math.min(...stored.flat().map(({ position }) => position));
const lastPositionOf = ({ stored }: Story): number => Math.max(...stored.flat().map(({ position }) => position));

function logOrder(log: readonly LoggedEvent[]): Violation[] {
  return log.flatMap(({ position }, index) => {
    const before = log[index - 1]?.position ?? 0;
    return position > before ? [] : [violation('log-out-of-order', `position ${position} comes after ${before}`)];
  });
}

/** Versions of a stream count from 1 in the order of the log. */
function streamVersions(log: readonly LoggedEvent[]): Violation[] {
  return [...Map.groupBy(log, ({ tenant, streamId }) => `${tenant}/${streamId}`)].flatMap(([stream, events]) =>
    events.flatMap(({ streamVersion, position }, index) =>
      streamVersion === index + 1
        ? []
        : [violation('version-gap', `event ${index + 1} of ${stream}, at ${position}, has version ${streamVersion}`)],
    ),
  );
}

/** The tail reader got every event once, in order, and as it is. */
function reader({ log, seen }: History): Violation[] {
  const identity = (event: { position: number; id: string; hash: string }): string =>
    `${event.position} ${event.id} ${event.hash}`;
  const got = new Set(seen.map(identity));
  const held = new Set(log.map(identity));
  const positions = new Set<number>();
  const found: Violation[] = [];
  let last = 0;
  for (const event of seen) {
    if (!held.has(identity(event))) found.push(violation('reader-saw-phantom', `position ${event.position}`));
    if (positions.has(event.position)) found.push(violation('reader-saw-twice', `position ${event.position}`));
    else if (event.position < last) {
      found.push(violation('reader-out-of-order', `position ${event.position} after ${last}`));
    }
    positions.add(event.position);
    last = Math.max(last, event.position);
  }
  const missed = log.filter((event) => !got.has(identity(event)));
  return [...found, ...missed.map(({ position }) => violation('reader-missed', `position ${position}`))];
}
