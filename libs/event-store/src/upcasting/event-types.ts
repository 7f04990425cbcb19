import type { NewEvent, RecordedEvent } from '../event-store.ts';
import { Upcasters } from './upcasters.ts';
import { UnreadableEvent } from './upcasting.errors.ts';

/** A type of event in a version of its data. */
export type EventType = Readonly<{ type: string; version: number }>;

/**
 * What a service can read from its log: the newest version of each type, which its code knows, and every older one,
 * which its upcasters lead there.
 */
export class EventTypes {
  private readonly newest: ReadonlyMap<string, number>;
  private readonly upcasters: Upcasters;

  /**
   * @param newest each type with the version that the code reads and writes
   * @throws Error for a type that is named twice, and for upcasters that lead to another version than the newest: a
   *   defect of the service, found when it is loaded
   */
  constructor(newest: readonly EventType[], upcasters: Upcasters = new Upcasters([])) {
    this.newest = new Map(newest.map(({ type, version }) => [type, version]));
    this.upcasters = upcasters;
    if (this.newest.size < newest.length) throw new Error(`A type is named twice: ${namesOf(newest)}.`);
    for (const type of new Set([...this.newest.keys(), ...upcasters.types])) this.check(type);
  }

  /** Whether events of this type and version can be read. */
  canRead({ type, version }: EventType): boolean {
    return version >= 1 && version <= (this.newest.get(type) ?? 0);
  }

  /**
   * The event with the newest version of its data, as the code knows it; what is stored stays as it is, and so do
   * `hash` and all else of the event.
   * @throws UnreadableEvent for an unknown type, a newer version, or data that an upcaster refuses
   */
  read(event: RecordedEvent): RecordedEvent {
    const { type, typeVersion, data } = event;
    const newest = this.newest.get(type);
    if (newest === typeVersion) return event;
    if (newest === undefined) throw new UnreadableEvent(event, 'the type is unknown');
    if (!this.canRead({ type, version: typeVersion })) {
      throw new UnreadableEvent(event, `versions 1 to ${newest} are known`);
    }
    try {
      const upcast = this.upcasters.upcast(type, { version: typeVersion, data });
      return { ...event, typeVersion: upcast.version, data: upcast.data };
    } catch (error) {
      throw new UnreadableEvent(event, 'an upcaster refused its data', error);
    }
  }

  /**
   * Makes sure that what a service writes it can read again: in the newest version, so that its next start is not refused.
   * @throws Error for a type that is not among its own, and for another version than the newest: a defect of the service
   */
  checkWritten(events: readonly NewEvent[]): void {
    for (const { type, typeVersion } of events) {
      if (this.newest.get(type) === typeVersion) continue;
      throw new Error(
        `${type} version ${typeVersion} is not among the types that this service reads. Add it to \`eventTypes\` in its parts.`,
      );
    }
  }

  private check(type: string): void {
    const known = this.newest.get(type);
    if (known === undefined) throw new Error(`There are upcasters of ${type}, which is not among the types.`);
    const reached = this.upcasters.newestOf(type);
    if (known === reached) return;
    throw new Error(`The newest version of ${type} is ${known}, and its upcasters lead to ${reached}.`);
  }
}

function namesOf(types: readonly EventType[]): string {
  const doubles = types.filter(({ type }, index) => types.findIndex((other) => other.type === type) < index);
  return doubles.map(({ type }) => type).join(', ');
}
