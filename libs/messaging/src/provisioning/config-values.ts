import { z } from 'zod';

/** A value of a stream's or consumer's configuration, as the server's JSON has it. */
export type ConfigValue = string | number | boolean | readonly string[];

/** Fields of a configuration by the server's names. */
export type ConfigValues = Readonly<Record<string, ConfigValue>>;

export type FieldRule = Readonly<{
  /** What the server means when the field is absent. */
  absent: ConfigValue;
  /** No server changes it in place. */
  fixed?: true;
  /** Newer than nats-server 2.9: in use only where the configuration that the server echoes proves it. */
  newer?: true;
  /** As people read it. */
  show?: (value: ConfigValue) => string;
  /** The flag of the nats command line that gives the field a value. */
  flag?: (value: ConfigValue) => string;
  /** The setting that decides the field, with the value that would ask for this one. */
  setting?: (value: ConfigValue) => string;
}>;

/** Every field that this system depends on; the others are the operator's. */
export type FieldRules = Readonly<Record<string, FieldRule>>;

const configValueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** The values that a server's answer has for our fields; those that it leaves out have their standard. */
export function valuesOf(echo: Readonly<Record<string, unknown>>, rules: FieldRules): ConfigValues {
  return Object.fromEntries(
    Object.entries(rules).map(([field, { absent }]) => {
      const given = configValueSchema.safeParse(echo[field]);
      return [field, given.success ? given.data : absent];
    }),
  );
}

export function isSame(one: ConfigValue | undefined, other: ConfigValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Every field as the server has it when nobody asks for anything. */
export function standardOf(rules: FieldRules): ConfigValues {
  return Object.fromEntries(Object.entries(rules).map(([field, { absent }]) => [field, absent]));
}

/** Names of the fields whose values differ. */
export function differingFields(rules: FieldRules, one: ConfigValues, other: ConfigValues): readonly string[] {
  return Object.keys(rules).filter((field) => !isSame(one[field], other[field]));
}

export function shown(rules: FieldRules, field: string, value: ConfigValue | undefined): string {
  if (value === undefined) return 'nothing';
  return rules[field]?.show?.(value) ?? (typeof value === 'string' ? value : JSON.stringify(value));
}
