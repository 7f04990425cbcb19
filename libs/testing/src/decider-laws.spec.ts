import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type EventCodec } from '#libs/event-store';
import type { Command, Decider, DomainEvent } from '#libs/kernel';
import { checkDeciderLaws, type DeciderLaws } from './decider-laws.ts';

type Open = Command<'Open', { by: string }>;
type Opened = DomainEvent<'opened', { by: string }>;
type Door = Readonly<{ openedBy: string | null }>;

const door: Decider<Door, Open, Opened> = {
  initialState: { openedBy: null },
  decide: ({ data }, { openedBy }) => (openedBy === null ? [{ type: 'opened', data }] : []),
  evolve: (_door, { data }) => ({ openedBy: data.by }),
};
const codec: EventCodec<Opened> = {
  types: [{ type: 'opened', version: 1 }],
  encode: ({ type, data }) => ({ type, typeVersion: 1, data }),
  decode: ({ data }) => ({ type: 'opened', data: data as Opened['data'] }),
};
const commands: fc.Arbitrary<Open> = fc.record({
  type: fc.constant('Open'),
  data: fc.record({ by: fc.constantFrom('Ada', 'Ben') }),
  meta: fc.constant({ at: new Date(0), by: 'spec' }),
});

const check = (change: Partial<DeciderLaws<Door, Open, Opened>>) =>
  checkDeciderLaws({ decider: door, codec, commands, canonicalJson, ...change });
/** What the shortest counterexample broke; it is the cause of the property's failure. */
function broken(change: Partial<DeciderLaws<Door, Open, Opened>>): string {
  try {
    check(change);
  } catch (error) {
    return error instanceof Error ? String(error.cause) : String(error);
  }
  return 'nothing';
}

describe('the laws of deciders', () => {
  it('hold for one that is lawful, and tell which events they were tried on', () => {
    expect(check({})).toEqual(new Set(['opened']));
    expect(broken({})).toBe('nothing');
  });

  it('are broken by chance', () => {
    let number = 0;
    const decide = (): Opened[] => [{ type: 'opened', data: { by: String((number += 1)) } }];
    expect(broken({ decider: { ...door, decide } })).toContain('answered in two ways');
  });

  it('are broken by a defect', () => {
    const decide = (): never => {
      throw new TypeError('of undefined');
    };
    expect(broken({ decider: { ...door, decide } })).toContain('of undefined');
  });

  it('are broken by a command that never has enough', () => {
    const decide = ({ data }: Open): Opened[] => [{ type: 'opened', data }];
    expect(broken({ decider: { ...door, decide } })).toContain('Open still did something');
    expect(broken({ decider: { ...door, decide }, repeatable: () => true })).toBe('nothing');
  });

  it('are broken by a fold that throws', () => {
    const evolve = (): never => {
      throw new TypeError('no fold');
    };
    expect(broken({ decider: { ...door, evolve } })).toContain('no fold');
  });

  it('are broken by a fold that writes to its state', () => {
    const evolve = (state: Door, { data }: Opened): Door => Object.assign(state, { openedBy: data.by });
    const initialState: Door = { openedBy: null };
    expect(broken({ decider: { ...door, initialState, evolve } })).toMatch(/read only|object is not extensible/);
  });

  it('are broken by an event that the log does not bring back', () => {
    const decode = (): Opened => ({ type: 'opened', data: { by: 'somebody' } });
    expect(broken({ codec: { ...codec, decode } })).toContain('came back from the log as another one');
  });

  it('are broken by a type that the codec does not name', () => {
    expect(broken({ codec: { ...codec, types: [] } })).toContain("opened version 1 is not among the codec's types");
  });

  it('are broken by a state that a snapshot does not bring back', () => {
    const states = { parse: (): Door => ({ openedBy: null }) };
    expect(broken({ states })).toContain('came back from a snapshot as another one');
  });
});
