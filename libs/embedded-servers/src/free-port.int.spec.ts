import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { freePort, isPortFree } from './free-port.ts';

describe('free ports', () => {
  it.each(['127.0.0.1', '0.0.0.0'])(
    'a port that is listened on at %s is not free, and another one is found',
    async (host) => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
      const { port } = server.address() as { port: number };

      expect(await isPortFree(port)).toBe(false);
      expect(await freePort(port)).not.toBe(port);

      await new Promise((resolve) => server.close(resolve));
      expect(await freePort(port)).toBe(port);
    },
  );

  it('a free port is found free although this process is busy for longer than it waits for an answer', async () => {
    const port = await freePort();
    const answer = isPortFree(port);
    const end = performance.now() + 700;
    while (performance.now() < end);

    expect(await answer).toBe(true);
  });
});
