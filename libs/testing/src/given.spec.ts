import { AssertionError } from 'node:assert';
import { describe, expect, it } from '@jest/globals';
import { DomainError } from '#libs/kernel';
import type { Command, Decider, DomainEvent } from '#libs/kernel';
import { given } from './given.ts';

type Opened = DomainEvent<'Opened', { by: string }>;
type Open = Command<'Open', { by: string; note?: string }>;

class AlreadyOpen extends DomainError {
  readonly kind = 'refused';
  readonly code = 'door/already-open';
}

const door: Decider<{ open: boolean }, Open, Opened> = {
  initialState: { open: false },
  decide: ({ data }, { open }) => {
    if (data.note === 'nothing') return [];
    if (open) throw new AlreadyOpen('The door is open.');
    return [{ type: 'Opened', data: { by: data.by } }];
  },
  evolve: () => ({ open: true }),
};
const opened: Opened = { type: 'Opened', data: { by: 'ada' } };

function open(data: Open['data'] = { by: 'ada' }): Open {
  return { type: 'Open', data, meta: { at: new Date(0), by: 'spec' } };
}

describe('given, when, then', () => {
  it('pass when the decider did what was said', () => {
    given(door).when(open()).then(opened);
    given(door)
      .when(open({ by: 'ada', note: 'nothing' }))
      .thenNothing();

    expect(given(door, opened).when(open()).thenRefused(AlreadyOpen).message).toBe('The door is open.');
  });

  it('fail with a diff when other events came', () => {
    const check = (): void => {
      given(door)
        .when(open())
        .then({ type: 'Opened', data: { by: 'bob' } });
    };

    expect(check).toThrow(AssertionError);
    expect(check).toThrow(/\+\s+by: 'ada'[\s\S]*-\s+by: 'bob'/);
  });

  it('fail when events came and none were due, or none came and a refusal was due', () => {
    expect(() => {
      given(door).when(open()).thenNothing();
    }).toThrow(AssertionError);
    expect(() => given(door).when(open()).thenRefused(AlreadyOpen)).toThrow('to be refused with AlreadyOpen');
  });

  it('let an error of another kind through', () => {
    const broken = { ...door, decide: () => assertBroken() };

    expect(() => given(broken).when(open()).thenRefused(AlreadyOpen)).toThrow('broken');
    expect(() => {
      given(door, opened).when(open()).then(opened);
    }).toThrow(AlreadyOpen);
  });

  it('catch a decider that is not a pure function', () => {
    let calls = 0;
    const counting = { ...door, decide: () => [{ ...opened, data: { by: String((calls += 1)) } }] };

    const evolving = {
      ...door,
      initialState: { open: false },
      evolve: (state: { open: boolean }) => Object.assign(state, { open: true }),
    };

    expect(() => given(counting).when(open())).toThrow('in two ways');
    expect(() => given(evolving, opened).when(open())).toThrow(TypeError);
  });

  it.each([
    ['its initial state', [], (_: Open, state: { open: boolean }) => void (state.open = true)],
    ['a state that it folded', [opened], (_: Open, state: { open: boolean }) => void (state.open = true)],
    ['its command', [], ({ data }: Open) => void Object.assign(data, { by: 'eve' })],
  ])('catch a decider that writes to %s', (_, history, write) => {
    const writing = {
      ...door,
      decide: (command: Open, state: { open: boolean }) => {
        write(command, state);
        return [];
      },
    };

    expect(() => {
      given(writing, ...history)
        .when(open())
        .thenNothing();
    }).toThrow(TypeError);
  });
});

function assertBroken(): never {
  throw new Error('broken');
}
