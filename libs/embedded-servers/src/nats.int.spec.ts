import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { DataFolderInUse, PortTaken } from './errors.ts';
import { startNatsServer } from './nats.ts';
import type { EmbeddedNats } from './nats.ts';
import { startThrowAwayNats } from './throw-away.ts';
import type { ThrowAway } from './throw-away.ts';

/** Only root can give up its rights, and only root has folders that the servers' user may not enter. */
const isRoot = process.getuid?.() === 0;
const itAsRoot = isRoot ? it : it.skip; // nothing to see for any other user: see isRoot

async function storedMessages(url: string): Promise<number> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info('KEPT');
  await connection.close();
  return state.messages;
}

async function publish(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'] });
  await jetstream(connection).publish('kept.one', 'hello');
  await connection.close();
}

describe('embedded nats-server', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let server: EmbeddedNats;

  beforeAll(async () => {
    nats = await startThrowAwayNats({ httpPort: 0, extraConfig: 'max_payload: 2097152' });
    server = nats.server;
  }, 30_000);
  afterAll(() => nats.remove());

  it('keeps its messages through stop, kill -9 of the process and restarts', async () => {
    await publish(server.url);
    await server.stop();
    await server.stop();
    await server.restart();
    expect(await storedMessages(server.url)).toBe(1);
    await server.kill9();
    await server.restart();

    expect(await storedMessages(server.url)).toBe(1);
  }, 30_000);

  it('takes additional configuration, and shows its pages when they are asked for', async () => {
    const answer = await fetch(`${server.httpUrl ?? ''}/varz`);

    expect(await answer.json()).toMatchObject({ max_payload: 2_097_152, host: '127.0.0.1', port: server.port });
  });

  it('refuses a second server on the same data, which would destroy it', async () => {
    await expect(startNatsServer({ storeDir: server.storeDir, inUseDeadlineMs: 100 })).rejects.toThrow(DataFolderInUse);
  }, 30_000);

  it('names a port that is taken', async () => {
    const listener = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => listener.listen({ host: '127.0.0.1', port: 0 }, resolve));
    const { port } = listener.address() as { port: number };

    await expect(startThrowAwayNats({ port })).rejects.toThrow(PortTaken);
    await new Promise((resolve) => listener.close(resolve));
  }, 30_000);

  it('does not take another server on its port for itself', async () => {
    await expect(startThrowAwayNats({ port: server.port })).rejects.toThrow(PortTaken);
  }, 30_000);

  it('runs without JetStream when told so', async () => {
    const plain = await startThrowAwayNats({ jetstream: false });
    const connection = await connect({ servers: plain.server.url });

    expect(connection.info?.jetstream ?? false).toBe(false);
    await connection.close();
    await plain.remove();
  }, 30_000);

  itAsRoot('does not run as root', () => {
    expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
  });
});
