import { describe, expect, it } from '@jest/globals';
import { startThrowAwayNats } from '#libs/embedded-servers';
import { eventually } from '#libs/testing';
import { connectBus } from './bus.ts';

describe('the bus', () => {
  it('knows that its server is away, and that it is back', async () => {
    const nats = await startThrowAwayNats();
    const bus = await connectBus({ url: nats.server.url, name: 'spec' });
    try {
      expect(bus.isConnected).toBe(true);
      const told: string[] = [];
      bus.onReconnect(() => told.push('first'));
      const stop = bus.onReconnect(() => told.push('stopped'));
      stop();

      await nats.server.stop();
      await eventually(() => !bus.isConnected);

      await nats.server.restart();
      await eventually(() => bus.isConnected, { withinMs: 10_000 });
      await eventually(() => told.length > 0);
      expect(told).toEqual(['first']);
    } finally {
      await bus.close();
      await nats.remove();
    }
    expect(bus.isConnected).toBe(false);
  }, 30_000);
});
