import { z } from 'zod';
import type { ConfigurationSchema } from './load-configuration.ts';
import { notesOf } from './setting.ts';

/** One row of `docs/configuration.md`. */
export type ConfigurationRow = Readonly<{
  name: string;
  /** What a correct value looks like. */
  type: string;
  /** Empty when there is none. */
  default: string;
  secret: boolean;
  description: string;
}>;

/** The settings of a schema in their order, for documentation. Each one may also come from `<NAME>_FILE`. */
export function configurationTable(schema: ConfigurationSchema<unknown>): readonly ConfigurationRow[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, expected, secret, defaultText } = notesOf(field);
    return { name, type: expected, default: defaultText ?? defaultOf(field), secret, description };
  });
}

function defaultOf(field: unknown): string {
  const parsed = field instanceof z.ZodType ? field.safeParse(undefined) : undefined;
  if (!parsed?.success || parsed.data === undefined) return '';
  return typeof parsed.data === 'string' ? parsed.data : JSON.stringify(parsed.data);
}
