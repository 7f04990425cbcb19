import { startThrowAwayNats } from '#libs/embedded-servers';
import { connectBus, provisionStreams, type Bus } from '#libs/messaging';
import type { AtEnd } from './with-resources.ts';

/** A nats-server of a topic's own; it goes with the topic. */
export type BenchNats = Readonly<{ url: string; pid: number; version: string; bus: Bus }>;

/** Starts nats-server with the product's streams; which one it is, `PATH` decides. */
export async function openNats(atEnd: AtEnd): Promise<BenchNats> {
  const { server, remove } = await startThrowAwayNats();
  atEnd(remove);
  const bus = await connectBus({ url: server.url, name: 'bench' });
  atEnd(() => bus.close());
  await provisionStreams(bus);
  return { url: server.url, pid: server.pid, version: bus.serverVersion, bus };
}

/** Puts an empty stream in the place of one; it remembers no message ids. */
export async function renewStream(bus: Bus, stream: string): Promise<void> {
  await bus.manager.streams.delete(stream);
  await provisionStreams(bus);
}

/** How many messages it keeps. */
export async function messagesIn(bus: Bus, stream: string): Promise<number> {
  const { state } = await bus.manager.streams.info(stream);
  return state.messages;
}
