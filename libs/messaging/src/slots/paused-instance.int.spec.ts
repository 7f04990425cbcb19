import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { SlotFixture } from './slot-fixture.contract.ts';

const TTL_MS = 1_500;
const CHILD = `${import.meta.dirname}/slot-child.contract.ts`;

jest.setTimeout(40_000);

describe('an instance in a process of its own', () => {
  let fixture: SlotFixture;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    fixture = await SlotFixture.open();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await fixture.clear();
    expect(fixture.faults).toEqual([]);
  });
  afterAll(() => fixture.close());

  /** @returns the process and what it tells, growing */
  async function startChild() {
    const child = spawn(process.execPath, [CHILD, fixture.url, fixture.natsUrl, 'child', String(TTL_MS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const told: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => told.push(line));
    await eventually(() => told.includes('gain 64'), { withinMs: 15_000 });
    return { child, told };
  }

  it('starts nothing after a pause longer than its lease, drops what it held, and takes slots anew', async () => {
    const { child, told } = await startChild();
    const near = await fixture.start('near', { ttlMs: TTL_MS });
    await eventually(() => near.leases.held.length === 32);
    near.bus.publish('work', '');
    await eventually(() => told.includes('started'));
    const fences = await fixture.fences();
    const childs = fences.map((_, slot) => slot).filter((slot) => !near.leases.isHeld(slot));

    child.kill('SIGSTOP');
    await eventually(() => near.leases.held.length === 64, { withinMs: 4 * TTL_MS });
    // It finds these before any timer of its own has fired.
    for (let message = 0; message < 50; message += 1) near.bus.publish('work', '');
    await near.bus.connection.flush();
    const before = told.length;
    child.kill('SIGCONT');

    await eventually(() => told.length >= before + 52, { withinMs: 10_000 });
    const afterwards = told.slice(before);
    expect(afterwards.filter((line) => line === 'not started')).toHaveLength(50);
    expect(afterwards.filter((line) => line !== 'not started')).toEqual(['drop 32', 'gain 32']);
    const later = await fixture.fences();
    expect(childs.filter((slot) => (later[slot] ?? 0) <= (fences[slot] ?? 0))).toEqual([]);
  });

  it('is replaced within its lease and a moment when it is killed', async () => {
    const { child } = await startChild();
    const near = await fixture.start('near', { ttlMs: TTL_MS });
    await eventually(() => near.leases.held.length === 32);

    child.kill('SIGKILL');

    await eventually(() => near.leases.held.length === 64, { withinMs: 4 * TTL_MS });
    expect(near.story()).toEqual(['gain', 'gain']);
  });
});
