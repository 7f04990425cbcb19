import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

export type FaultProxyOptions = Readonly<{ targetHost: string; targetPort: number }>;

/** A network between a client and a server that breaks when told to. Faults combine, and hold until `heal`. */
export interface FaultProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Connections that clients hold open now. */
  readonly connectionCount: number;
  /** Delays all that passes, in each direction, open connections included; 0 ends it. Order is kept. */
  setDelayMs(delayMs: number): void;
  /** Resets every connection, on both sides; new ones are welcome. */
  cut(): void;
  /** While on, new connections get ECONNREFUSED; open ones go on. */
  refuse(on: boolean): Promise<void>;
  /**
   * While on, connections are accepted and stay open, and nothing passes, not even their end: a network that drops
   * packets. What was sent meanwhile arrives after it ends, as TCP would retransmit it.
   */
  blackhole(on: boolean): void;
  /** From now on, new connections reach this port of the same host; open ones stay where they are. */
  retarget(targetPort: number): void;
  /** Ends delay, refusal and blackhole. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

type Faults = { delayMs: number; blackhole: boolean };
type Pair = Readonly<{ client: Socket; upstream: Socket; pumps: readonly (() => void)[] }>;
/** Bytes, or how the sender ended its side. */
type Item = Readonly<{ what: Buffer | 'end' | 'reset'; receivedAt: number }>;

/** Stands between a client and the server at `targetHost:targetPort`, which may be down. */
export async function startFaultProxy({ targetHost, targetPort }: FaultProxyOptions): Promise<FaultProxy> {
  const faults: Faults = { delayMs: 0, blackhole: false };
  const pairs = new Set<Pair>();
  let upstreamPort = targetPort;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ host: targetHost, port: upstreamPort, allowHalfOpen: true, noDelay: true });
    const pair = { client, upstream, pumps: [relay(client, upstream, faults), relay(upstream, client, faults)] };
    pairs.add(pair);
    for (const socket of [client, upstream]) {
      socket.on('close', () => {
        if (client.destroyed && upstream.destroyed) pairs.delete(pair);
      });
    }
  });
  const { port, close } = await listenOnLoopback(server);

  const change = (changes: Partial<Faults>): void => {
    Object.assign(faults, changes);
    for (const { pumps } of pairs) for (const pump of pumps) pump();
  };
  const cut = (): void => {
    for (const { client, upstream } of pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  };
  return {
    port,
    get connectionCount() {
      return [...pairs].filter(({ client }) => !client.destroyed).length;
    },
    setDelayMs: (delayMs) => {
      change({ delayMs });
    },
    cut,
    refuse: (on) => setListening(server, port, !on),
    blackhole: (on) => {
      change({ blackhole: on });
    },
    retarget: (newPort) => {
      upstreamPort = newPort;
    },
    heal: async () => {
      change({ delayMs: 0, blackhole: false });
      await setListening(server, port, true);
    },
    close: async () => {
      const closed = close();
      cut();
      await closed;
    },
  };
}

/** Closing the listener leaves open connections alone and makes the kernel refuse new ones. */
async function setListening(server: Server, port: number, on: boolean): Promise<void> {
  if (server.listening === on) return;
  if (!on) {
    server.close();
    return;
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Passes one direction on under the faults of the moment, keeping order and the receiver's pace.
 *
 * @returns looks again at what may pass; to be called whenever the faults have changed
 */
function relay(from: Socket, to: Socket, faults: Faults): () => void {
  const held: Item[] = [];
  let timer: NodeJS.Timeout | undefined;

  const pump = (): void => {
    clearTimeout(timer);
    for (let item = held[0]; item !== undefined && !to.destroyed; item = held[0]) {
      if (faults.blackhole || to.writableNeedDrain) return;
      const waitMs = item.receivedAt + faults.delayMs - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(pump, waitMs);
        return;
      }
      held.shift();
      pass(item.what, to);
    }
    if (!from.destroyed) from.resume();
  };
  const hold = (what: Item['what']): void => {
    held.push({ what, receivedAt: performance.now() });
    // Reading on would take in without limit what cannot be passed on.
    if (held.length > 256) from.pause();
    pump();
  };
  from.on('data', (chunk: Buffer) => {
    hold(chunk);
  });
  from.on('end', () => {
    hold('end');
  });
  // What broke is told by the reset that the other side gets.
  from.on('error', () => undefined);
  from.on('close', (hadError) => {
    if (hadError) hold('reset');
  });
  to.on('drain', pump);
  to.on('close', () => {
    clearTimeout(timer);
  });
  return pump;
}

function pass(what: Item['what'], to: Socket): void {
  if (what === 'end') to.end();
  else if (what === 'reset') to.resetAndDestroy();
  else to.write(what);
}
