import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { upcaster, Upcasters, type Upcaster } from './upcasters.ts';

const named = upcaster({
  type: 'person-named',
  from: 1,
  reads: z.object({ name: z.string() }),
  upcast: ({ name }) => ({ givenName: name, familyName: null }),
});
const greeted = upcaster({
  type: 'person-named',
  from: 2,
  reads: z.object({ givenName: z.string(), familyName: z.string().nullable() }),
  upcast: ({ givenName, familyName }) => ({ givenName, familyName, greeting: `Dear ${givenName}` }),
});

describe('upcasters', () => {
  it('take old data to the newest version, whatever the order in which they were named', () => {
    const upcasters = new Upcasters([greeted, named]);

    expect(upcasters.upcast('person-named', { version: 1, data: { name: 'Ada' } })).toEqual({
      version: 3,
      data: { givenName: 'Ada', familyName: null, greeting: 'Dear Ada' },
    });
    expect(upcasters.newestOf('person-named')).toBe(3);
  });

  it('know one version of every other type', () => {
    expect(new Upcasters([named]).newestOf('person-forgotten')).toBe(1);
  });

  it('refuse data that the old version did not allow', () => {
    expect(() => new Upcasters([named]).upcast('person-named', { version: 1, data: {} })).toThrow(z.ZodError);
  });

  it('refuse two steps of one version', () => {
    expect(() => new Upcasters([named, greeted, named])).toThrow('Two upcasters of person-named read version 1.');
  });

  it.each([
    { missing: 'a step in the middle', steps: [named, { ...greeted, from: 3 }], due: 2 },
    { missing: 'the first step', steps: [greeted], due: 1 },
  ])('refuse a chain without $missing', ({ steps, due }) => {
    expect(() => new Upcasters(steps)).toThrow(`No upcaster of person-named reads version ${due}`);
  });
});

/** Chains of random length whose steps say in the data that they were taken. */
const chains = fc.integer({ min: 1, max: 8 }).map((length) =>
  Array.from({ length }, (_, index): Upcaster => {
    const from = index + 1;
    return { type: 'chained', from, upcast: (data) => ({ taken: from, before: data }) };
  }),
);

describe('a chain of upcasters, whatever its length and data', () => {
  it('does what its steps do, one after another', () => {
    fc.assert(
      fc.property(chains, fc.jsonValue(), fc.nat(), (steps, data, seed) => {
        const from = 1 + (seed % (steps.length + 1));
        const composed = steps.slice(from - 1).reduce<unknown>((old, step) => step.upcast(old), data);

        const upcast = new Upcasters(steps).upcast('chained', { version: from, data });

        expect(upcast).toEqual({ version: steps.length + 1, data: composed });
      }),
    );
  });

  it('comes to the same by a stop on the way', () => {
    fc.assert(
      fc.property(chains, fc.jsonValue(), fc.nat(), (steps, data, seed) => {
        const stop = seed % (steps.length + 1);
        const halfway = new Upcasters(steps.slice(0, stop)).upcast('chained', { version: 1, data });
        const whole = new Upcasters(steps);

        expect(whole.upcast('chained', halfway)).toEqual(whole.upcast('chained', { version: 1, data }));
      }),
    );
  });

  it('leaves the newest version as it is', () => {
    fc.assert(
      fc.property(chains, fc.jsonValue(), (steps, data) => {
        const newest = { version: steps.length + 1, data };

        expect(new Upcasters(steps).upcast('chained', newest).data).toBe(data);
      }),
    );
  });
});
