import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { field, parseJson } from './fields.ts';

/** The secrets of one installation; readable by whoever started it and nobody else. */
export const SECRETS_FILE = 'secrets.json';

/**
 * A secret of this installation: made at its first use, the same ever after, gone with `--fresh`.
 * @param folder of the installation's data, which exists
 */
export function localSecret(folder: string, name: string, make: () => string): string {
  const file = join(folder, SECRETS_FILE);
  const content = contentOf(file);
  const known = field(content, name);
  if (typeof known === 'string') return known;
  const made = make();
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...recordOf(content), [name]: made }, null, 2), { mode: 0o600 });
  renameSync(draft, file);
  return made;
}

/** The same, if it was made already. */
export function knownSecret(folder: string, name: string): string | undefined {
  const known = field(contentOf(join(folder, SECRETS_FILE)), name);
  return typeof known === 'string' ? known : undefined;
}

function contentOf(file: string): unknown {
  return existsSync(file) ? parseJson(readFileSync(file, 'utf8')) : {};
}

function recordOf(content: unknown): object {
  return typeof content === 'object' && content !== null ? content : {};
}
