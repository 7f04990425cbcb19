import type { z } from 'zod';
import type { CloudEvent } from './cloud-event.ts';
import { EventDataInvalid } from './event-contract.errors.ts';
import { PLAIN_WORDS, violationsOf } from './violations.ts';

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** An event whose data has been checked against its contract; `type` tells unions of them apart. */
export type ParsedEvent<Data = unknown, Type extends string = string> = Readonly<{
  type: Type;
  data: Data;
  event: CloudEvent<Data>;
}>;

/** What an event of one type and version says. Released contracts only ever gain optional fields. */
export interface EventContract<Data = unknown, Type extends string = string> {
  /** `steward.<area>.<event>.v<version>` */
  readonly type: Type;
  readonly area: string;
  /** Past tense, kebab-case. */
  readonly event: string;
  readonly version: number;
  /** One sentence for people: what happened. */
  readonly summary: string;
  readonly data: z.ZodType<Data>;
  /** Realistic and valid; used in generated documents. */
  readonly sample: Data;

  /**
   * Checks the data of an event that is known to be of this type.
   * @throws EventDataInvalid
   */
  read(event: CloudEvent): ParsedEvent<Data, Type>;
}

type Definition<Area extends string, Event extends string, Version extends number, Data> = Readonly<{
  area: Area;
  event: Event;
  version: Version;
  summary: string;
  data: z.ZodType<Data>;
  sample: NoInfer<Data>;
}>;

/**
 * Declares the contract of one event type.
 * @throws Error when a name breaks the grammar: a defect in this library, found when it is loaded
 */
export function defineEvent<const Area extends string, const Event extends string, const Version extends number, Data>(
  definition: Definition<Area, Event, Version, Data>,
): EventContract<Data, `steward.${Area}.${Event}.v${Version}`> {
  const { area, event: name, version, data: schema } = definition;
  const type: `steward.${Area}.${Event}.v${Version}` = `steward.${area}.${name}.v${version}`;
  if (!NAME.test(area) || !NAME.test(name) || !Number.isInteger(version) || version < 1) {
    throw new Error(`"${type}" is no event type: write area and event in kebab-case and count versions from 1.`);
  }
  return {
    ...definition,
    type,
    read(event) {
      const result = schema.safeParse(event.data, PLAIN_WORDS);
      if (!result.success) throw new EventDataInvalid(type, event.id, violationsOf(result.error.issues, ['data']));
      return { type, data: result.data, event: { ...event, data: result.data } };
    },
  };
}

/** The data type that a contract describes. */
export type EventData<Contract> = Contract extends EventContract<infer Data> ? Readonly<Data> : never;
