import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_BUSINESS_SETTINGS } from '#libs/business-settings';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = globSync('{apps/agent-service/src,libs/agent-kit}/**/*.ts', { cwd: ROOT })
  .filter((path) => !/\.(spec|contract)\.ts$/.test(path))
  .map((path) => readFileSync(join(ROOT, path), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''))
  .join('\n');

/** `inventory.orderCost`, for each value that an owner can set. */
function keysOf(settings: object, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? keysOf(value, [...path, key])
      : [[...path, key]],
  );
}

describe('the settings of agents', () => {
  it.each(keysOf(DEFAULT_BUSINESS_SETTINGS.agents).map((path) => path.join('.')))('%s is read', (path) => {
    const key = path.split('.').at(-1) ?? '';
    // Read as a member, or taken apart.
    expect(new RegExp(`\\.${key}\\b|[{,]\\s*${key}\\b(?=[\\s,:}])`).test(SOURCES)).toBe(true);
  });
});
