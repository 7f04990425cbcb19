import { z } from 'zod';
import { apiKeyEntries } from '../security/api-key-entry.ts';
import { flag, setting, urlWith, wholeNumber } from './setting.ts';

const MEBIBYTE = 1_048_576;
const LOG_LEVELS = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
} as const;
/** The guide writes levels as Python does. */
const LEVEL_SYNONYMS: Readonly<Record<string, string>> = { warning: 'warn', critical: 'fatal' };

const port = (): z.ZodType<number, string> => wholeNumber(0, 65_535);
const secretText = (): z.ZodType<string, string> => z.string().min(16);

const process = {
  ENVIRONMENT: setting(z.enum(['development', 'test', 'staging', 'production']).default('development'), {
    description: 'Where the service runs; production demands its secrets and servers explicitly.',
    expected: 'development, test, staging or production',
  }),
  DEBUG: setting(flag().default(false), {
    description: 'Adds detail for developers to logs; never to answers.',
    expected: 'true or false',
  }),
  LOG_LEVEL: setting(
    z
      .string()
      .toLowerCase()
      .transform((word) => LEVEL_SYNONYMS[word] ?? word)
      .pipe(z.enum(LOG_LEVELS))
      .default('info'),
    { description: 'Least severe level that is logged.', expected: 'trace, debug, info, warn, error or fatal' },
  ),
  INSTANCE_ID: setting(
    z
      .string()
      .regex(/^[\w.-]{1,100}$/)
      .default('local'),
    {
      description: 'Names this process among its replicas.',
      expected: '1 to 100 letters, digits, ".", "_" or "-"',
      defaultText: '<hostname>-<pid>',
    },
  ),
  DEFAULT_TENANT: setting(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
      .default('demo'),
    {
      description: 'Tenant of requests when authentication is off.',
      expected: '1 to 63 of a-z, 0-9, "_" and "-"',
    },
  ),
  HEARTBEAT_INTERVAL_MS: setting(wholeNumber(50, 60_000).default(1_000), {
    description: 'How often the service says that it lives, in milliseconds.',
    expected: 'a whole number from 50 to 60000',
  }),
  SHUTDOWN_GRACE_MS: setting(wholeNumber(100, 600_000).default(25_000), {
    description: 'How long a stopping process may take to finish what it holds, in milliseconds.',
    expected: 'a whole number from 100 to 600000; below the grace period of the container platform',
  }),
};

const http = {
  PORT: setting(port().default(8000), { description: 'Port of the HTTP API.', expected: 'a port, 0 to 65535' }),
  HOST: setting(z.string().min(1).default('0.0.0.0'), {
    description: 'Address the HTTP API listens on.',
    expected: 'an IP address or host name of this machine',
    defaultText: '0.0.0.0; 127.0.0.1 in development',
  }),
  BODY_LIMIT_BYTES: setting(wholeNumber(1_024, 64 * MEBIBYTE).default(MEBIBYTE), {
    description: 'Largest body of a request, in bytes; larger ones are answered 413.',
    expected: 'a whole number from 1024 to 67108864',
  }),
  BATCH_BODY_LIMIT_BYTES: setting(wholeNumber(1_024, 64 * MEBIBYTE).default(4 * MEBIBYTE), {
    description: 'Largest body of a CloudEvents batch, in bytes.',
    expected: 'a whole number from 1024 to 67108864',
  }),
  RATE_LIMIT_PER_MINUTE: setting(wholeNumber(0, 100_000_000).default(60_000), {
    description: 'Requests a key (or an address without one) may make per minute and process; 0 turns the limit off.',
    expected: 'a whole number from 0',
  }),
  AUTHENTICATION: setting(z.enum(['on', 'off']).default('on'), {
    description: 'Whether requests need an API key. Cannot be off in production.',
    expected: 'on or off',
    defaultText: 'on; off in development',
  }),
  API_KEYS: setting(apiKeyEntries().default([]), {
    description: 'Who may call the API; written by tools/api-key.ts.',
    expected: 'a JSON list of {"id","tenant","roles","sha256"} with unique ids and hashes',
    secret: true,
  }),
  PROMETHEUS_PORT: setting(port().default(9090), {
    description: 'Port that serves the metrics.',
    expected: 'a port, 0 to 65535',
  }),
};

/** The same in every service: the one that starts last has its way. */
const streams = {
  STREAM_REPLICAS: setting(wholeNumber(1, 5).default(1), {
    description: 'Copies of each JetStream stream in a cluster; 3 outlive the loss of a server.',
    expected: 'a whole number from 1 to 5; 1 without a cluster',
  }),
  STREAM_MAX_AGE_HOURS: setting(wholeNumber(1, 87_600).default(168), {
    description:
      'How long JetStream keeps messages, in hours; dead letters at least 30 days. Postgres keeps the events of services for ever.',
    expected: 'a whole number from 1 to 87600',
  }),
  STREAM_MAX_BYTES: setting(wholeNumber(MEBIBYTE, Number.MAX_SAFE_INTEGER).optional(), {
    description:
      'How much each JetStream stream keeps, in bytes; older messages go first. Without it, what the server has.',
    expected: 'a whole number from 1048576',
  }),
  STREAM_COMPRESSION: setting(z.enum(['none', 's2']).default('none'), {
    description: 'Compression of the streams on disk; left out, and said, where the server is older than 2.10.',
    expected: 'none or s2',
  }),
};

const servers = {
  DATABASE_URL: setting(urlWith('postgres', 'postgresql').default('postgresql://localhost:5432/business_agents'), {
    description: 'The Postgres that holds log and projections, by the role that the service runs as.',
    expected: 'a URL postgresql://user:password@host:port/database',
    secret: true,
  }),
  DATABASE_OWNER_URL: setting(urlWith('postgres', 'postgresql').optional(), {
    description:
      'The same database by the role that owns the schema and migrates it at start; without it `npm run migrate` does.',
    expected: 'a URL postgresql://user:password@host:port/database',
    secret: true,
  }),
  DATABASE_SCHEMA: setting(
    z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,62}$/)
      .default('steward'),
    {
      description: 'Schema of the service; each service has its own.',
      expected: '1 to 63 of a-z, 0-9 and "_", a letter first',
    },
  ),
  DATABASE_POOL_SIZE: setting(wholeNumber(1, 1_000).default(20), {
    description: 'Connections the pool keeps.',
    expected: 'a whole number from 1 to 1000',
  }),
  DATABASE_MAX_OVERFLOW: setting(wholeNumber(0, 1_000).default(30), {
    description: 'Connections the pool may open on top; its maximum is the sum of both.',
    expected: 'a whole number from 0 to 1000',
  }),
  IDEMPOTENCY_KEY_RETENTION_DAYS: setting(wholeNumber(1, 3_650).default(30), {
    description: 'How long the log knows idempotency keys, in days; a request repeated later is taken for a new one.',
    expected: 'a whole number from 1 to 3650',
  }),
  READ_WAIT_MS: setting(wholeNumber(0, 60_000).default(5_000), {
    description: 'How long a query waits for the position that Wait-For-Position names, in milliseconds; then 503.',
    expected: 'a whole number from 0 to 60000; below the time after which proxies and clients give up',
  }),
  NATS_URL: setting(urlWith('nats', 'tls', 'ws', 'wss').default('nats://localhost:4222'), {
    description: 'The NATS server that carries events between services.',
    expected: 'a URL nats://host:port',
    secret: true,
  }),
  NATS_USER: setting(z.string().optional(), { description: 'User at the NATS server.', expected: 'a user name' }),
  NATS_PASSWORD: setting(z.string().optional(), {
    description: 'Password at the NATS server.',
    expected: 'a password',
    secret: true,
  }),
  NATS_CREDS: setting(z.string().optional(), {
    description: 'Credentials (JWT and seed) at the NATS server, instead of user and password.',
    expected: 'the text of a .creds file',
    secret: true,
  }),
  NATS_MONITORING_URL: setting(urlWith('http', 'https').optional(), {
    description:
      "The NATS server's monitoring pages, read for the durability that /health shows; without it some figures are assumed.",
    expected: 'a URL http://host:8222',
  }),
  ...streams,
  CONSUMER_CONCURRENCY: setting(wholeNumber(1, 1_000).default(8), {
    description: 'Events that each consumer of the service handles at once; those of one stream always one by one.',
    expected: 'a whole number from 1 to 1000',
  }),
};

const outside = {
  ANTHROPIC_API_KEY: setting(z.string().optional(), {
    description: 'Key of the Claude API; without it, rules decide.',
    expected: 'an Anthropic API key',
    secret: true,
  }),
  ANTHROPIC_BASE_URL: setting(urlWith('http', 'https').optional(), {
    description: 'Another address of the Claude API, such as a proxy.',
    expected: 'an http(s) URL',
  }),
  CLAUDE_MODEL: setting(z.string().min(1).default('claude-sonnet-5-5'), {
    description: 'Model that decides.',
    expected: 'the id of a Claude model',
  }),
  SECRET_KEY: setting(secretText().optional(), {
    description: 'Signs sessions, webhooks and receipts.',
    expected: 'at least 16 characters of chance',
    secret: true,
  }),
  ENCRYPTION_KEY: setting(secretText().optional(), {
    description: 'Encrypts backups and stored credentials.',
    expected: 'at least 16 characters of chance',
    secret: true,
  }),
  LOG_SIGNING_KEY: setting(z.string().optional(), {
    description: 'Signs the heads of the log, so that a rewritten log is found out; without it they are not signed.',
    expected: 'an Ed25519 private key: PKCS #8 in PEM, or that in base64',
    secret: true,
  }),
  LOG_SIGNING_INTERVAL_MS: setting(wholeNumber(100, 86_400_000).default(300_000), {
    description: 'How often the head of the log is signed when it has moved, in milliseconds.',
    expected: 'a whole number from 100 to 86400000',
  }),
  SENTRY_DSN: setting(urlWith('http', 'https').optional(), {
    description: 'Where errors are reported.',
    expected: 'an http(s) URL',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(urlWith('http', 'https').optional(), {
    description: 'Collector that takes traces; without it none are sent.',
    expected: 'an http(s) URL',
  }),
  QUICKBOOKS_CLIENT_ID: setting(z.string().optional(), { description: 'QuickBooks client.', expected: 'a client id' }),
  QUICKBOOKS_CLIENT_SECRET: setting(z.string().optional(), {
    description: 'Secret of the QuickBooks client.',
    expected: 'a client secret',
    secret: true,
  }),
  TOAST_API_KEY: setting(z.string().optional(), {
    description: 'Key of the Toast point of sale.',
    expected: 'an API key',
    secret: true,
  }),
};

/** What every service reads from its environment; a service adds its own with `.extend({ ... })`. */
export const baseConfiguration = z.object({ ...process, ...http, ...servers, ...outside });

export type BaseConfiguration = z.infer<typeof baseConfiguration>;
