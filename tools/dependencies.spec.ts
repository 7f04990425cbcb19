import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');

/** The rows of the table under a heading: package, version, licence, what for, why this one. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `.*$/gm)].map(([line]) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function licenceOf(name: string): string {
  const installed: unknown = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
  return z.object({ license: z.string() }).parse(installed).license;
}

/** Licences that ask for no more than a notice. Another one is a decision for people. */
const PERMISSIVE = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0']);

describe.each([
  ['At runtime', manifest.dependencies],
  ['For development', manifest.devDependencies],
])('docs/dependencies.md, %s', (heading, wanted) => {
  const rows = rowsUnder(heading);

  it('has a row for every package, at its version, and no other', () => {
    const listed = Object.fromEntries(rows.map(([name = '', version = '']) => [name.replaceAll('`', ''), version]));

    expect(listed).toEqual(wanted);
    expect(rows).toHaveLength(Object.keys(wanted).length);
  });

  it('says of each what it is for, why it was taken, and under which licence', () => {
    for (const [name = '', , licence = '', purpose = '', reason = ''] of rows) {
      expect([name, licence]).toEqual([name, licenceOf(name.replaceAll('`', ''))]);
      expect([name, PERMISSIVE.has(licence)]).toEqual([name, true]);
      expect([name, purpose.length > 5, reason.length > 5]).toEqual([name, true, true]);
    }
  });

  it('pins exactly', () => {
    expect(Object.entries(wanted).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
