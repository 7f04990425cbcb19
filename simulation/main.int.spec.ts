import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#libs/testing';
import { startStandInApi } from '../tools/publisher/stand-in-api.ts';
import type { StandInApi } from '../tools/publisher/stand-in-api.ts';
import type { Label } from './label.ts';
import { readBusiness } from './profile.ts';
import { simulateBusiness } from './simulate-business.ts';
import type { SimulationState } from './state.ts';

const PROGRAM = join(import.meta.dirname, 'main.ts');
const RESTAURANT = join(import.meta.dirname, '..', 'config', 'restaurant.yaml');
const FROM = '2026-11-18T05:00:00Z';
const FAST = '1000000';
/** Of the five days that the specs live. */
const FIVE_DAYS = 5 * 86_400_000;

// Each program starts on its own, on a machine that others use too.
jest.setTimeout(60_000);

let folder: string;
let api: StandInApi | undefined;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulation-'));
  api = undefined;
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await api?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  children.push(child);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, output: () => output.join('') };
}

function expectedLife(historyDays = 2): Readonly<{ ids: string[]; labels: Label[] }> {
  const ids: string[] = [];
  const labels: Label[] = [];
  const story = { ...readBusiness(RESTAURANT), seed: 3, from: new Date(FROM), tenant: 'demo', historyDays };
  for (const simulated of simulateBusiness(story)) {
    if (simulated.atMs >= Date.parse(FROM) + FIVE_DAYS) break;
    ids.push(simulated.event.id);
    labels.push(...simulated.labels);
  }
  return { ids, labels };
}

const HISTORY = ['--history', '2'];

const idsIn = (standIn: StandInApi): string[] => standIn.stored.map(({ id }) => id);

describe('the simulation program', () => {
  it('lives its days against the API and ends', async () => {
    api = await startStandInApi({ apiKey: 'secret-key' });
    const { ended, output } = start(
      ...['--url', api.url, '--seed', '3', '--from', FROM, '--days', '5', '--speed', FAST, '--api-key', 'secret-key'],
      ...HISTORY,
    );

    expect(await ended).toBe(0);
    expect(idsIn(api)).toEqual(expectedLife().ids);
    expect(api.stored.every(({ tenantid }) => tenantid === 'demo')).toBe(true);
    expect(output()).toContain('simulation ends');
    expect(output()).not.toContain('secret-key');
  });

  it('loses and reorders nothing when it is killed, stopped and the API fails in between', async () => {
    api = await startStandInApi({
      interfere: (request) => {
        if (request === 2) return { status: 503, hangUp: true, afterWork: true };
        if (request === 3) return { status: 429, retryAfter: '0', afterWork: false };
        if (request === 4) return { status: 503, afterWork: false };
        return undefined;
      },
    });
    const { stored, url } = api;
    const state = join(folder, 'state.json');
    const labels = join(folder, 'labels.jsonl');
    const args = ['--url', url, '--seed', '3', '--from', FROM, '--days', '5', '--state', state, '--speed', '200000'];
    args.push(...HISTORY, '--labels', labels);

    const killed = start(...args);
    await eventually(() => stored.length > 30, { withinMs: 20_000 });
    killed.child.kill('SIGKILL');
    await killed.ended;

    const before = stored.length;
    const stopped = start(...args);
    await eventually(() => stored.length > before, { withinMs: 20_000 });
    stopped.child.kill('SIGTERM');
    expect(await stopped.ended).toBe(0);
    const saved = JSON.parse(readFileSync(state, 'utf8')) as SimulationState;
    expect(saved.lastConfirmed).toBe(stored.length);

    expect(await start(...args).ended).toBe(0);
    const expected = expectedLife();
    expect(idsIn(api)).toEqual(expected.ids);
    const told = readFileSync(labels, 'utf8').trim().split('\n');
    // A kill between a confirmation and its record may tell the labels of that batch twice.
    expect([...new Set(told)].map((line) => JSON.parse(line) as Label)).toEqual(expected.labels);
  });

  it('waits for an API that is not there yet', async () => {
    const reserved = await startStandInApi();
    const { port } = new URL(reserved.url);
    await reserved.close();
    const { ended, output } = start(
      ...['--url', reserved.url, '--seed', '3', '--from', FROM, '--days', '5', '--speed', FAST, ...HISTORY],
    );
    await eventually(() => output().includes('ECONNREFUSED'), { withinMs: 20_000 });
    api = await startStandInApi({ port: Number(port) });

    expect(await ended).toBe(0);
    expect(idsIn(api)).toEqual(expectedLife().ids);
  });

  it('ends soon when it is stopped while the API is away', async () => {
    const { child, ended, output } = start('--url', 'http://127.0.0.1:9', '--speed', FAST);
    await eventually(() => output().includes('waiting for the API'), { withinMs: 20_000 });
    child.kill('SIGINT');

    expect(await ended).toBe(0);
  });

  it.each([
    [['--seed', '4'], 'seed 3'],
    [['--history', '3'], 'history of days 2'],
    [['--scenario', 'seasonal-rush@9'], 'scenarios'],
    [['--business', 'config/retail.yaml'], 'name Sample Restaurant'],
  ])('refuses to go on with another business: %j', async (different, said) => {
    api = await startStandInApi();
    const args = ['--url', api.url, '--state', join(folder, 'state.json'), '--days', '1'];
    expect(await start(...args, ...HISTORY, '--from', FROM, '--seed', '3', '--speed', FAST).ended).toBe(0);

    const other = start(...args, ...different);

    expect(await other.ended).toBe(1);
    expect(other.output()).toContain(said);
  });

  it('simulates the business of another file, with what befalls it', async () => {
    api = await startStandInApi();
    const { ended, output } = start(
      ...['--url', api.url, '--business', 'config/retail.yaml', '--scenario', 'equipment-failure@1', '--history', '2'],
      ...['--from', FROM, '--days', '3', '--speed', FAST],
    );

    expect(await ended).toBe(0);
    expect(output()).toContain('Sample Retail Store');
    expect(JSON.stringify(api.stored)).toContain('Rented refrigeration');
  });

  it.each([
    [['--speed', 'fast'], '--speed fast'],
    [['--speed', '0'], '--speed 0'],
    [['--days', '-1'], '--days'],
    [['--from', 'yesterday'], '--from yesterday'],
    [['--url', 'nowhere'], '--url nowhere'],
    [['--tenant', 'No Such'], '--tenant'],
    [['--sped', '1'], '--sped'],
    [['--history', '-1'], '--history'],
    [['--scenario', 'flood'], '--scenario flood'],
    [['--business', 'config/nowhere.yaml'], 'config/nowhere.yaml'],
  ])('refuses %j', async (args, said) => {
    const { ended, output } = start(...args);

    expect(await ended).toBe(1);
    expect(output()).toContain(said);
    expect(output()).not.toMatch(/^\s+at /m);
  });

  it('stops with the reason when its key is refused', async () => {
    api = await startStandInApi({ apiKey: 'right' });
    const { ended, output } = start('--url', api.url, '--api-key', 'wrong-key', '--speed', FAST);

    expect(await ended).toBe(1);
    expect(output()).toContain('401');
    expect(output()).not.toContain('wrong-key');
  });
});
