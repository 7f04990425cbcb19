import { z } from 'zod';
import { ROLES } from './principal.ts';

const apiKeyEntry = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,64}$/),
  tenant: z.union([z.literal('*'), z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)]),
  roles: z.array(z.enum(ROLES)).min(1),
  sha256: z
    .string()
    .toLowerCase()
    .regex(/^[0-9a-f]{64}$/),
});

/** One configured key: who it belongs to and the hash it is recognised by. The key itself is stored nowhere. */
export type ApiKeyEntry = Readonly<z.infer<typeof apiKeyEntry>>;

const uniqueEntries = z.array(apiKeyEntry).superRefine((entries, context) => {
  for (const [index, entry] of entries.entries()) {
    const isTaken = entries.slice(0, index).some(({ id, sha256 }) => id === entry.id || sha256 === entry.sha256);
    if (isTaken) context.addIssue({ code: 'custom', path: [index], message: 'repeats an id or a hash' });
  }
});

/** The JSON text of `API_KEYS`: ids and hashes are unique. */
export function apiKeyEntries(): z.ZodType<ApiKeyEntry[], string> {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        // The parser's message quotes the text, which may hold a key pasted by mistake.
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(uniqueEntries);
}
