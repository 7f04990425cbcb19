import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownSecret, localSecret } from './secrets.ts';

describe('the secrets of a local installation', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'steward-secrets-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are made once, each under its name', () => {
    expect(localSecret(folder, 'one', () => 'first')).toBe('first');
    expect(localSecret(folder, 'two', () => 'two\nlines')).toBe('two\nlines');
    expect(localSecret(folder, 'one', () => 'another')).toBe('first');
    expect(knownSecret(folder, 'one')).toBe('first');
    expect(knownSecret(folder, 'three')).toBeUndefined();
    expect(localSecret(folder, 'two', () => 'another')).toBe('two\nlines');
  });

  it('can be read by nobody else, and leave no draft behind', () => {
    localSecret(folder, 'one', () => 'first');

    expect(readdirSync(folder)).toEqual(['secrets.json']);
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });
});
