import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';
import { startFaultProxy } from './fault-proxy.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { listenOnLoopback } from './loopback.ts';
import type { Listening } from './loopback.ts';

/** A connection and all that came through it. */
type Peer = { socket: Socket; received: string; ended: boolean; error: string | undefined };

let target: Listening;
let proxy: FaultProxy;
let servers: Peer[];
let clients: Peer[];

function watch(socket: Socket): Peer {
  const peer: Peer = { socket, received: '', ended: false, error: undefined };
  socket.on('data', (chunk) => (peer.received += chunk.toString()));
  socket.on('end', () => (peer.ended = true));
  socket.on('error', (error: NodeJS.ErrnoException) => (peer.error = error.code));
  return peer;
}

async function dial(): Promise<Peer> {
  const peer = watch(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
  clients.push(peer);
  await eventually(() => !peer.socket.connecting, { everyMs: 2 });
  return peer;
}

/** A client and the server's end of the same connection. */
async function dialThrough(): Promise<[client: Peer, server: Peer]> {
  const known = servers.length;
  const client = await dial();
  return [client, await eventually(() => servers[known] ?? Promise.reject(new Error('not accepted yet')))];
}

beforeEach(async () => {
  servers = [];
  clients = [];
  target = await listenOnLoopback(createServer({ allowHalfOpen: true }, (socket) => servers.push(watch(socket))));
  proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: target.port });
});

afterEach(async () => {
  for (const { socket } of [...clients, ...servers]) socket.destroy();
  await proxy.close();
  await target.close();
});

describe('A fault proxy', () => {
  it('passes bytes and half-closes both ways, and counts connections', async () => {
    const [client, server] = await dialThrough();
    expect(proxy.connectionCount).toBe(1);

    client.socket.end('question');
    await eventually(() => server.ended);
    server.socket.end('answer');
    await eventually(() => client.ended);

    expect([server.received, client.received]).toEqual(['question', 'answer']);
    await eventually(() => proxy.connectionCount === 0);
  });

  it('passes more than any buffer holds, whole and in order', async () => {
    const [client, server] = await dialThrough();
    const sent = Array.from({ length: 40_000 }, (_, line) => `line ${line} ${'.'.repeat(100)}\n`).join('');

    client.socket.end(sent);
    await eventually(() => server.ended, { withinMs: 10_000 });

    expect(server.received === sent).toBe(true);
  });

  it('goes on by itself when a slow receiver reads again', async () => {
    const [client, server] = await dialThrough();
    server.socket.pause();

    client.socket.end('x'.repeat(12_000_000));
    await eventually(() => client.socket.writableLength === 0);
    // Rounds on another connection give the proxy the turns to take everything in, so that nothing else will wake it.
    const [other, otherServer] = await dialThrough();
    for (let round = 1; round <= 30; round += 1) {
      other.socket.write('.');
      await eventually(() => otherServer.received.length === round, { everyMs: 1 });
    }
    server.socket.resume();

    await eventually(() => server.ended && server.received.length === 12_000_000);
  });

  it('delays each direction, keeping order, and stops when told', async () => {
    const [client, server] = await dialThrough();
    proxy.setDelayMs(80);

    const startedAt = performance.now();
    client.socket.write('one ');
    client.socket.write('two');
    await eventually(() => server.received === 'one two', { everyMs: 2 });
    const thereMs = performance.now() - startedAt;
    server.socket.write('back');
    await eventually(() => client.received === 'back', { everyMs: 2 });
    const andBackMs = performance.now() - startedAt;

    expect(thereMs).toBeGreaterThanOrEqual(78);
    expect(andBackMs).toBeGreaterThanOrEqual(156);

    proxy.setDelayMs(60_000);
    client.socket.write(' three');
    proxy.setDelayMs(0);
    await eventually(() => server.received === 'one two three');
  });

  it('cuts every connection with a reset on both sides, and takes new ones', async () => {
    const [client, server] = await dialThrough();

    proxy.cut();
    await eventually(() => client.error === 'ECONNRESET' && server.error === 'ECONNRESET');

    const [again, serverAgain] = await dialThrough();
    again.socket.write('hello');
    await eventually(() => serverAgain.received === 'hello');
  });

  it('refuses new connections and leaves open ones alone', async () => {
    const [open, server] = await dialThrough();

    await proxy.refuse(true);
    const refused = await dial();
    open.socket.write('still here');

    expect(refused.error).toBe('ECONNREFUSED');
    await eventually(() => server.received === 'still here');

    await proxy.refuse(false);
    await dialThrough();
  });

  it('swallows both directions in a blackhole, ends included, and delivers it all after', async () => {
    const [client, server] = await dialThrough();
    proxy.blackhole(true);

    client.socket.end('lost?');
    server.socket.write('lost too?');
    const during = await dial();
    during.socket.write('new and mute');
    await eventually(() => client.socket.bytesWritten === 5 && during.socket.bytesWritten === 12);
    // Whatever leaked through the hole would be there before what goes around it.
    clients.push(watch(connect({ port: target.port, host: '127.0.0.1' }).end('around')));
    await eventually(() => servers.some(({ received }) => received === 'around'));

    expect([client.received, server.received, server.ended, during.error]).toEqual(['', '', false, undefined]);

    await proxy.heal();
    await eventually(() => server.ended && server.received === 'lost?' && client.received === 'lost too?');
    await eventually(() => servers.some(({ received }) => received === 'new and mute'));
  });

  it('heals everything at once', async () => {
    proxy.setDelayMs(60_000);
    proxy.blackhole(true);
    await proxy.refuse(true);

    await proxy.heal();

    const [client, server] = await dialThrough();
    client.socket.write('well again');
    await eventually(() => server.received === 'well again');
  });

  it('tells a client with a reset that its target is down', async () => {
    await target.close();

    const client = await dial();

    await eventually(() => client.error === 'ECONNRESET');
  });

  it('leads new connections to another server, and leaves open ones with the first', async () => {
    const [open, server] = await dialThrough();
    const others: Peer[] = [];
    const other = await listenOnLoopback(createServer((socket) => others.push(watch(socket))));

    proxy.retarget(other.port);
    const later = await dial();
    later.socket.write('to the other');
    open.socket.write('to the first');

    await eventually(() => others[0]?.received === 'to the other' && server.received === 'to the first');
    expect(servers).toHaveLength(1);
    for (const { socket } of others) socket.destroy();
    await other.close();
  });

  it('passes a reset of one side on to the other', async () => {
    const [client, server] = await dialThrough();

    client.socket.resetAndDestroy();

    await eventually(() => server.error === 'ECONNRESET');
  });

  it('ends its connections when it closes', async () => {
    const [client] = await dialThrough();

    await proxy.close();

    await eventually(() => client.error === 'ECONNRESET');
    expect((await dial()).error).toBe('ECONNREFUSED');
  });
});
