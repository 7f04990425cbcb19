import { z } from 'zod';

/** What a setting says about itself besides its type. */
export type SettingNotes = Readonly<{
  /** What the setting does, in one sentence. */
  description: string;
  /** What a correct value looks like, for error messages and the documentation. */
  expected: string;
  /** Values of secrets never appear in messages or tables. */
  secret?: boolean;
  /** What the documentation says when the default is worked out at start. */
  defaultText?: string;
}>;

/** Attaches the notes that error messages and `configurationTable` read. Must be the outermost call. */
export function setting<Schema extends z.ZodType>(schema: Schema, notes: SettingNotes): Schema {
  return schema.meta({ ...notes });
}

const notesSchema = z.object({
  description: z.string().default(''),
  expected: z.string().default(''),
  secret: z.boolean().default(false),
  defaultText: z.string().optional(),
});

/** The notes of a setting; empty ones for a schema that has none. */
export function notesOf(schema: unknown): z.infer<typeof notesSchema> {
  const meta = schema instanceof z.ZodType ? schema.meta() : undefined;
  return notesSchema.parse(meta ?? {});
}

/** A whole number within bounds, written in decimal digits. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^-?\d{1,16}$/)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));
}

/** `true`, `1`, `yes`, `on` and their opposites, in any case. */
export function flag(): z.ZodType<boolean, string> {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off']))
    .transform((word) => ['true', '1', 'yes', 'on'].includes(word));
}

/** A URL with one of the given schemes, such as `postgresql`. */
export function urlWith(...schemes: readonly string[]): z.ZodType<string, string> {
  return z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)));
}
