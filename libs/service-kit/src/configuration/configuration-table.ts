import type { z } from 'zod';
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
export function configurationTable(schema: z.ZodObject<z.ZodRawShape>): readonly ConfigurationRow[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, expected, secret, defaultText } = notesOf(field);
    return { name, type: expected, default: defaultText ?? defaultOf(field), secret, description };
  });
}

function defaultOf(field: z.core.$ZodType): string {
  const parsed = field['~standard'].validate(undefined);
  if (parsed instanceof Promise || parsed.issues || parsed.value === undefined) return '';
  return typeof parsed.value === 'string' ? parsed.value : JSON.stringify(parsed.value);
}
