import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * What a generated file must be, and what it is. `npm run generate` writes it anew; without that, a
 * spec that compares the two fails when the file is stale.
 */
export function goldenFile(path: string, generated: string): Readonly<{ expected: string; actual: string }> {
  const file = join(ROOT, path);
  if (process.env['UPDATE_GENERATED'] === '1') writeFileSync(file, generated);
  return { expected: generated, actual: readOrEmpty(file) };
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
