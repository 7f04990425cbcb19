import { describe, expect, it } from '@jest/globals';
import type { VerifyLogProgress } from '#libs/event-store';
import { eventsText, ProgressLine } from './progress-line.ts';

const events = (position: number, head = 1_000): VerifyLogProgress => ({
  phase: 'events',
  head,
  mark: { lane: 0, position, hash: '', first: 1, events: position, streams: 1 },
});

function shown(isTTY: boolean, columns = 200) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const output = { isTTY, columns, write: (text: string) => written.push(text) > 0 };
  const line = new ProgressLine(output, () => clock.nowMs);
  const at = (nowMs: number, progress: VerifyLogProgress): void => {
    clock.nowMs = nowMs;
    line.update('agent', progress);
  };
  return { written, line, at };
}

describe('the progress of a verification', () => {
  it('is a bar on a terminal, with the speed since the start of this run and the time left', () => {
    const { written, line, at } = shown(true);
    at(0, events(500));
    at(1_000, events(750));
    at(1_050, events(760));
    line.end();

    expect(written).toEqual([
      '\r\u001b[Kagent: [==================      ] 75 %, event 750 of 1000, 250 events/s, 1 s left',
      '\r\u001b[K',
    ]);
  });

  it('is a plain line now and then where nobody looks on', () => {
    const { written, line, at } = shown(false);
    for (let second = 0; second <= 11; second += 1) at(second * 1_000, events(second * 50));
    at(20_000, { phase: 'streams', rows: 7 });
    line.end();

    expect(written).toEqual([
      'agent: 25 %, event 250 of 1000, 50 events/s, 15 s left\n',
      'agent: 50 %, event 500 of 1000, 50 events/s, 10 s left\n',
      'agent: 7 streams\n',
    ]);
  });

  it('stays on one line of a narrow terminal', () => {
    const { written, at } = shown(true, 20);
    at(0, events(1));
    at(1_000, events(2));

    expect(written).toEqual(['\r\u001b[Kagent: [           ']);
  });

  it('counts to the end of a log that grows, and knows an empty one', () => {
    expect(eventsText({ done: 1_100, head: 1_000, looked: 100, elapsedMs: 1_000 })).toContain('100 %');
    expect(eventsText({ done: 0, head: 0, looked: 0, elapsedMs: 0 })).toBe('100 %, event 0 of 0');
  });
});
