import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  errors,
  InvalidArgumentError,
  TimeoutError,
  type Msg,
  type NatsConnection,
  type Status,
} from '@nats-io/transport-node';
import { Socket } from 'node:net';
import { SECOND_MS } from '#libs/kernel';
import { contextHeaders, headerValues, natsHeaders, type BusHeaders } from './bus-headers.ts';
import { MessageTooLarge, NoAnswerInTime, NobodyListens } from './bus.errors.ts';
import { BusUnavailable } from './errors.ts';

export type BusStatus = Readonly<{ type: string; detail?: string }>;

export type BusOptions = Readonly<{
  /** One or several, comma-separated: `nats://host:4222`. */
  url: string;
  /** Shown by the server. */
  name: string;
  user?: string | undefined;
  password?: string | undefined;
  /** Text of a credentials file (JWT and seed). */
  credentials?: string | undefined;
  /** Told of disconnects, reconnects and errors. */
  onStatus?: (status: BusStatus) => void;
}>;

/** A message that nobody keeps: a heartbeat, a wake-up, or a request that waits for its answer. */
export type PlainMessage = Readonly<{
  subject: string;
  text: string;
  headers: BusHeaders;
  /**
   * Answers a request; does nothing when the sender waits for no answer.
   * @throws MessageTooLarge, ReservedHeader: then nothing was sent, and another answer can be
   */
  respond: (payload: string, headers?: BusHeaders) => void;
}>;

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
const DRAIN_TIMEOUT_MS = 5 * SECOND_MS;

/** Between two attempts; the jitter keeps the clients of a lost server from coming all at once. */
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 500;

/**
 * A server that does not answer is given up after 6 to 9 s: two pings may be open, and the third one finds out. The
 * client's default is six minutes, in which everything that is sent is lost in silence.
 */
const PING_INTERVAL_MS = 3 * SECOND_MS;
const PINGS_OUT = 2;

/** Within it the clients of a server that is about to stop leave it, each at its own moment. */
const LEAVE_WITHIN_MS = SECOND_MS;

/**
 * A service's connection to NATS. It reconnects for ever; JetStream calls fail while it is away.
 *
 * What it sends carries trace, correlation and cause of the work that runs; a header of the same name that is given with
 * the message comes first.
 */
export class Bus {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  private readonly onStatus: (status: BusStatus) => void;
  private isAway = false;
  private leaving: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;
  private readonly reconnectListeners = new Set<() => void>();

  constructor(connection: NatsConnection, manager: JetStreamManager, onStatus?: (status: BusStatus) => void) {
    this.connection = connection;
    this.manager = manager;
    this.jetstream = jetstream(connection);
    this.onStatus = onStatus ?? ((): void => undefined);
    void this.followConnection();
  }

  /** False from a disconnect to the reconnect: what is published meanwhile waits, and is old news when it arrives. */
  get isConnected(): boolean {
    return !this.isAway && !this.connection.isClosed();
  }

  get serverVersion(): string {
    return this.connection.info?.version ?? 'unknown';
  }

  private async followConnection(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'ping') continue;
      this.onStatus(told(status));
      if (status.type === 'disconnect') this.isAway = true;
      else if (status.type === 'staleConnection') dropSocket(this.connection);
      else if (status.type === 'reconnect') this.returned();
      else if (status.type === 'ldm') this.leaveSoon();
    }
    clearTimeout(this.leaving);
  }

  private returned(): void {
    this.isAway = false;
    clearTimeout(this.leaving);
    this.leaving = undefined;
    // Each on its own: a listener with a defect must not keep the others from being told.
    for (const listener of this.reconnectListeners) queueMicrotask(listener);
  }

  /**
   * The server is in lame duck mode: it takes no new connections, and ends the open ones by and by. When another one is
   * known, going there now costs a moment that we choose; else this one serves to its end.
   */
  private leaveSoon(): void {
    if (this.leaving !== undefined || this.connection.getServers().length < 2) return;
    this.leaving = setTimeout(() => {
      if (!this.connection.isClosed()) void this.connection.reconnect();
    }, Math.random() * LEAVE_WITHIN_MS);
  }

  /**
   * Calls back each time the connection is there again after it was lost. Subscriptions are back by themselves; what was
   * published to them meanwhile is gone, and the server may have lost what it kept.
   * @returns the way to stop
   */
  onReconnect(listener: () => void): () => void {
    const own = (): void => {
      listener();
    };
    this.reconnectListeners.add(own);
    return () => {
      this.reconnectListeners.delete(own);
    };
  }

  /**
   * Fire and forget: for heartbeats, progress and wake-ups, which nobody keeps.
   * @throws MessageTooLarge, ReservedHeader
   */
  publish(subject: string, payload: Uint8Array | string, withHeaders: BusHeaders = {}): void {
    const headers = natsHeaders({ ...contextHeaders(), ...withHeaders });
    try {
      this.connection.publish(subject, payload, { headers });
    } catch (error) {
      throw this.sendFailure(error, subject, payload);
    }
  }

  /**
   * Calls back for each plain message.
   * @param queue instances that name the same one share the messages; default: everyone gets each
   * @returns the way to stop at once; messages that are on their way are dropped
   */
  subscribe(subject: string, listener: (message: PlainMessage) => void, queue?: string): () => void {
    const subscription = this.connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        // An error, such as a missing permission, is told as the status of the connection, too.
        if (!error) listener(this.plainMessage(message));
      },
    });
    return () => {
      subscription.unsubscribe();
    };
  }

  /**
   * Calls back for each request until it is told to stop; no request is lost by that.
   * @param queue instances that name the same one share the requests
   * @returns the way to stop: resolves when no more can come, and those that were on their way have been handed over
   */
  serve(subject: string, listener: (message: PlainMessage) => void, queue: string): () => Promise<void> {
    const subscription = this.connection.subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (!error) listener(this.plainMessage(message));
      },
    });
    return async () => {
      if (subscription.isClosed()) return;
      if (this.isConnected) await within(DRAIN_TIMEOUT_MS, subscription.drain());
      if (!subscription.isClosed()) subscription.unsubscribe();
    };
  }

  /**
   * Asks and waits for the answer.
   * @throws NobodyListens at once; NoAnswerInTime after `timeoutMs`; MessageTooLarge, ReservedHeader; BusUnavailable for
   * anything else, and in general: the first two are of its kind
   */
  async request(
    subject: string,
    payload: string,
    timeoutMs: number,
    withHeaders: BusHeaders = {},
  ): Promise<PlainMessage> {
    const headers = natsHeaders({ ...contextHeaders(), ...withHeaders });
    try {
      return this.plainMessage(await this.connection.request(subject, payload, { timeout: timeoutMs, headers }));
    } catch (error) {
      throw requestFailure(this.sendFailure(error, subject, payload), subject, timeoutMs);
    }
  }

  /** Round trip to the server. @throws BusUnavailable */
  async ping(): Promise<number> {
    try {
      return await this.connection.rtt();
    } catch (error) {
      throw new BusUnavailable(error);
    }
  }

  /**
   * Sends what is buffered, lets subscriptions finish, closes. When the server does not answer for 5 s, or is away, it
   * closes without that and tells `onStatus`: what was buffered is lost.
   */
  close(): Promise<void> {
    this.closing ??= this.drainAndClose();
    return this.closing;
  }

  private async drainAndClose(): Promise<void> {
    clearTimeout(this.leaving);
    if (this.connection.isClosed()) return;
    const isDrained = this.isConnected && (await within(DRAIN_TIMEOUT_MS, this.connection.drain()));
    if (isDrained) return;
    this.onStatus({ type: 'closedUndrained', detail: 'the server did not answer; what waited to be sent is lost' });
    await this.connection.close();
  }

  private plainMessage(message: Msg): PlainMessage {
    return {
      subject: message.subject,
      text: message.string(),
      headers: headerValues(message.headers),
      respond: (payload, withHeaders = {}) => {
        const headers = natsHeaders({ ...contextHeaders(), ...withHeaders });
        try {
          message.respond(payload, { headers });
        } catch (error) {
          throw this.sendFailure(error, message.reply ?? message.subject, payload);
        }
      },
    };
  }

  /** What the client says of a message that is too large for the server, in our words; anything else as it is. */
  private sendFailure(error: unknown, subject: string, payload: Uint8Array | string): unknown {
    const isTooLarge = error instanceof InvalidArgumentError && error.message.includes('max_payload');
    if (!isTooLarge) return error;
    return new MessageTooLarge(subject, Buffer.byteLength(payload), this.connection.info?.max_payload ?? 0);
  }
}

/**
 * Ends the socket of a connection that does not answer. The client (3.4) means to do so, and waits until all that was
 * written has gone out first, which is never when the network takes nothing and much waits.
 */
function dropSocket(connection: NatsConnection): void {
  let part: unknown = connection;
  for (const name of ['protocol', 'transport', 'socket'])
    part = typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined;
  if (part instanceof Socket) part.destroy();
}

function told(status: Status): BusStatus {
  const detail = 'error' in status ? status.error.message : 'server' in status ? status.server : undefined;
  return detail === undefined ? { type: status.type } : { type: status.type, detail };
}

function requestFailure(error: unknown, subject: string, timeoutMs: number): Error {
  if (error instanceof MessageTooLarge) return error;
  if (error instanceof errors.RequestError && error.isNoResponders()) return new NobodyListens(subject, error);
  if (error instanceof TimeoutError) return new NoAnswerInTime(subject, timeoutMs, error);
  return new BusUnavailable(error);
}

/** Whether the work was done in time; what it failed with counts as not done. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, ms, false);
  const done = work.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws BusUnavailable when no server answers, or it has no JetStream */
export async function connectBus(options: BusOptions): Promise<Bus> {
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({
      servers: options.url.split(',').map((server) => server.trim()),
      name: options.name,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: PINGS_OUT,
      // A server that refuses us may be one that is being configured; giving up would need a restart of this process.
      ignoreAuthErrorAbort: true,
      ...(options.user === undefined ? {} : { user: options.user, pass: options.password ?? '' }),
      ...(options.credentials === undefined
        ? {}
        : { authenticator: credsAuthenticator(new TextEncoder().encode(options.credentials)) }),
    });
    return new Bus(connection, await jetstreamManager(connection), options.onStatus);
  } catch (error) {
    await connection?.close();
    throw new BusUnavailable(error);
  }
}

export { headerValues, natsHeaders } from './bus-headers.ts';
export type { BusHeaders } from './bus-headers.ts';
