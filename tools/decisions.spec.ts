import { describe, expect, it } from '@jest/globals';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs/adr');
const files = readdirSync(FOLDER).filter((name) => /^\d{4}-/.test(name));
const numbers = files.map((name) => name.slice(0, 4));
const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');

describe('the decisions', () => {
  it('have numbers without a gap', () => {
    expect(numbers).toEqual(numbers.map((_, place) => String(place + 1).padStart(4, '0')));
  });

  it.each(files)('%s has the form of a decision, and a row in the index', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const [, number = '', title = ''] = /^# (\d{4}) (.+)$/m.exec(text) ?? [];
    const [, status = ''] = /^\| Status \| (.+?) +\|$/m.exec(text) ?? [];

    expect(file.startsWith(`${number}-`)).toBe(true);
    expect(status).toMatch(/^(?:(?:Proposed|Accepted) · \d{4}-\d{2}-\d{2}|Superseded by \d{4})$/);
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
      'Context',
      'Decision',
      'Alternatives',
      'Consequences',
      'Check',
    ]);
    const row = index.split('\n').find((line) => line.includes(`[${number}](${file})`)) ?? '';
    expect(row.split('|').map((cell) => cell.trim())).toEqual(['', `[${number}](${file})`, title, status, '']);
  });

  it('exist for every number that the code names', () => {
    const sources = globSync('{apps,libs,simulation,bench,e2e,deploy,tools}/**/*.ts', { cwd: ROOT });
    const named = sources.flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/ADR-(\d{4})/g)].map(([, number = '']) => ({ path, number })),
    );

    expect(named.filter(({ number }) => !numbers.includes(number))).toEqual([]);
  });
});
