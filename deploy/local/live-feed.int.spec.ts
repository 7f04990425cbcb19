import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { openLiveFeed } from './live-feed.ts';

const AT = new Date(2026, 10, 22, 12, 0, 0);

describe('the live feed', () => {
  let server: Server;
  let url: string;
  let list: { alertId?: string; decisionId?: string; status?: string }[];
  let lines: string[];
  let decided: number;

  beforeEach(async () => {
    [list, lines, decided] = [[], [], 0];
    server = createServer((request, response) => {
      const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? 0);
      const data = list.slice(after, after + 50);
      const hasMore = after + 50 < list.length;
      response.end(JSON.stringify({ data, hasMore, nextCursor: hasMore ? String(after + 50) : null }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/v1/list`;
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  async function follow(kind: 'alert' | 'decision', change: () => void, count: number): Promise<string[]> {
    const stop = new AbortController();
    const feed = await openLiveFeed({
      sources: [{ kind, url }],
      say: (line) => {
        lines.push(line);
        if (lines.length === count) stop.abort();
      },
      now: () => AT,
      width: () => 100,
      signal: stop.signal,
      onFirstDecision: () => decided++,
    });
    change();
    await feed.follow();
    return lines;
  }

  it('shows what is new or has changed since it was opened, the oldest first', async () => {
    list = [{ alertId: 'old', status: 'raised' }];
    const shown = await follow(
      'alert',
      () => {
        list = [
          { alertId: 'second', status: 'raised' },
          { alertId: 'first', status: 'raised' },
          { alertId: 'old', status: 'resolved' },
        ];
      },
      3,
    );

    expect(shown.map((line) => line.slice(17).trim())).toEqual(['resolved', 'raised', 'raised']);
  });

  it('misses nothing when more happens than one page holds, and tells of the first decision once', async () => {
    const shown = await follow(
      'decision',
      () => {
        list = Array.from({ length: 120 }, (_, index) => ({
          decisionId: `d-${index}`,
          agentId: index % 3 === 0 ? 'hr_agent' : 'inventory_agent',
        }));
      },
      1,
    );

    expect(shown).toEqual([expect.stringMatching(/decision 120: hr_agent 40, inventory_agent 80$/)]);
    expect(decided).toBe(1);
  });

  it('says that a service does not answer, and goes on', async () => {
    const shown = await follow(
      'alert',
      () => {
        server.close().closeAllConnections();
      },
      1,
    );

    expect(shown).toEqual([expect.stringContaining(`${url} does not answer`)]);
  });
});
