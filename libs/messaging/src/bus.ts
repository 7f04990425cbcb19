import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';
import { SECOND_MS } from '#libs/kernel';
import { BusUnavailable } from './errors.ts';

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
  onStatus?: (status: { readonly type: string; readonly detail?: string }) => void;
}>;

export type BusHeaders = Readonly<Record<string, string>>;

/** A message that nobody keeps: a heartbeat, a wake-up, or a request that waits for its answer. */
export type PlainMessage = Readonly<{
  subject: string;
  text: string;
  headers: BusHeaders;
  /** Answers a request; does nothing when the sender waits for no answer. */
  respond: (payload: string, headers?: BusHeaders) => void;
}>;

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
const RECONNECT_WAIT_MS = 500;

/** A service's connection to NATS. It reconnects for ever; JetStream calls fail while it is away. */
export class Bus {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  private isAway = false;
  private readonly reconnectListeners = new Set<() => void>();

  constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.connection = connection;
    this.manager = manager;
    this.jetstream = jetstream(connection);
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
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.isAway = true;
      else if (type === 'reconnect') this.returned();
    }
  }

  private returned(): void {
    this.isAway = false;
    // Each on its own: a listener with a defect must not keep the others from being told.
    for (const listener of this.reconnectListeners) queueMicrotask(listener);
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

  /** Fire and forget: for heartbeats, progress and wake-ups, which nobody keeps. */
  publish(subject: string, payload: Uint8Array | string, withHeaders: BusHeaders = {}): void {
    this.connection.publish(subject, payload, { headers: natsHeaders(withHeaders) });
  }

  /**
   * Calls back for each plain message.
   * @param queue instances that name the same one share the messages; default: everyone gets each
   * @returns the way to stop
   */
  subscribe(subject: string, listener: (message: PlainMessage) => void, queue?: string): () => void {
    const subscription = this.connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (!error) listener(plainMessage(message));
      },
    });
    return () => {
      subscription.unsubscribe();
    };
  }

  /**
   * Asks and waits for the answer.
   * @throws BusUnavailable when nobody answers within `timeoutMs`
   */
  async request(
    subject: string,
    payload: string,
    timeoutMs: number,
    withHeaders: BusHeaders = {},
  ): Promise<PlainMessage> {
    try {
      const answer = await this.connection.request(subject, payload, {
        timeout: timeoutMs,
        headers: natsHeaders(withHeaders),
      });
      return plainMessage(answer);
    } catch (error) {
      throw new BusUnavailable(error);
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

  /** Sends what is buffered, lets subscriptions finish, closes. */
  async close(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.drain();
  }
}

function plainMessage(message: Msg): PlainMessage {
  return {
    subject: message.subject,
    text: message.string(),
    headers: headerValues(message.headers),
    respond: (payload, withHeaders = {}) => {
      message.respond(payload, { headers: natsHeaders(withHeaders) });
    },
  };
}

/** All headers with lower-case names; the last of several values counts. */
export function headerValues(values: MsgHdrs | undefined): BusHeaders {
  const result: Record<string, string> = {};
  for (const [name, [...all]] of values ?? []) {
    const value = all.at(-1);
    if (value !== undefined) result[name.toLowerCase()] = value;
  }
  return result;
}

/** Header values as the NATS client wants them. */
export function natsHeaders(values: BusHeaders): ReturnType<typeof headers> {
  const result = headers();
  for (const [name, value] of Object.entries(values)) result.set(name, value);
  return result;
}

/** @throws BusUnavailable when no server answers, or it has no JetStream */
export async function connectBus(options: BusOptions): Promise<Bus> {
  try {
    const connection = await connect({
      servers: options.url.split(',').map((server) => server.trim()),
      name: options.name,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      ...(options.user === undefined ? {} : { user: options.user, pass: options.password ?? '' }),
      ...(options.credentials === undefined
        ? {}
        : { authenticator: credsAuthenticator(new TextEncoder().encode(options.credentials)) }),
    });
    void watch(connection, options);
    return new Bus(connection, await jetstreamManager(connection));
  } catch (error) {
    throw new BusUnavailable(error);
  }
}

async function watch(connection: NatsConnection, { onStatus }: BusOptions): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'ping') continue;
    const detail = 'error' in status ? status.error.message : 'server' in status ? status.server : undefined;
    onStatus?.(detail === undefined ? { type: status.type } : { type: status.type, detail });
  }
}
