import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseStructured } from './cloud-event.ts';
import { contractOf, EVENT_CONTRACTS } from './event-contracts.ts';

// What was released must be read for ever. A golden file may be added; changing one breaks a promise.
const folder = new URL('../golden/', import.meta.url);
const files = readdirSync(folder).sort();
const golden: readonly (readonly [string, unknown])[] = files.map((file) => [
  file,
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
]);

describe('golden events', () => {
  it('exist for every contract, and for nothing else', () => {
    expect(files).toEqual(EVENT_CONTRACTS.map(({ type }) => `${type}.json`).sort());
  });

  it.each(golden)('%s has a name of the grammar and holds that type', (file, value) => {
    expect(file).toMatch(/^steward\.[a-z]+\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*\.json$/);
    expect(`${parseStructured(value).type}.json`).toBe(file);
  });

  it.each(golden)('%s is still read, and nothing of it is lost', (_, value) => {
    const event = parseStructured(value);

    expect(contractOf(event.type)?.read(event).data).toEqual(event.data);
  });

  it.each(golden)('%s is refused when any one of its values has another type', (_, value) => {
    const event = parseStructured(value);
    const contract = contractOf(event.type);
    const accepted = leavesOf(event.data).filter((path) => {
      const result = contract?.data.safeParse(withLeaf(event.data, path, { of: 'another type' }));
      return result?.success !== false;
    });

    expect(accepted).toEqual([]);
  });

  it.each(golden)('%s is refused when a required field is gone', (_, value) => {
    const event = parseStructured(value);
    const contract = contractOf(event.type);
    const data = Object.entries(event.data as object);
    const refusedWithout = data
      .map(([name]) => name)
      .filter(
        (gone) =>
          contract?.data.safeParse(Object.fromEntries(data.filter(([name]) => name !== gone))).success === false,
      );

    expect(refusedWithout).toMatchSnapshot();
    expect(refusedWithout.length).toBeGreaterThan(0);
  });
});

type Path = readonly (string | number)[];

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const parts: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return parts.flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

function withLeaf(value: unknown, [key, ...rest]: Path, leaf: unknown): unknown {
  if (key === undefined) return leaf;
  if (Array.isArray(value))
    return value.map((part: unknown, index) => (index === key ? withLeaf(part, rest, leaf) : part));
  const object = value as Record<string, unknown>;
  return { ...object, [key]: withLeaf(object[key], rest, leaf) };
}
