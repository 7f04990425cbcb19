import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlreadyRunning, Lock } from './lock.ts';

const NOON = '2026-11-22T12:00:00.000Z';

describe('the lock of the launcher', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    file = join(folder, 'steward.lock');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is taken once, and says who has it, since when, and where its API is', () => {
    const lock = Lock.take(file, NOON);
    lock.publish('http://127.0.0.1:8000');

    expect(lock.followsCrash).toBe(false);
    const second = () => Lock.take(file, NOON, () => true);
    expect(second).toThrow(AlreadyRunning);
    expect(second).toThrow(
      new RegExp(`process ${process.pid} since ${NOON}.*http://127.0.0.1:8000.*kill ${process.pid}`),
    );
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('passes from a launcher that was killed to the next one', () => {
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, startedAt: NOON }));

    expect(Lock.take(file, NOON).followsCrash).toBe(true);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('is not held by another program that has the number now', () => {
    writeFileSync(file, JSON.stringify({ pid: process.ppid, startedAt: NOON }));

    expect(Lock.take(file, NOON).followsCrash).toBe(true);
  });

  it('is not held by half a file', () => {
    writeFileSync(file, '{"pid": 1');

    Lock.take(file, NOON).release();
    expect(existsSync(file)).toBe(false);
  });
});
