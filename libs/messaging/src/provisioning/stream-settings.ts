import { STREAM_SUBJECTS, type StreamName } from '#libs/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#libs/kernel';
import { standardOf, type ConfigValue, type ConfigValues, type FieldRules } from './config-values.ts';
import type { Difference } from './plan.ts';

/** What an operator may decide about the streams. */
export type StreamLimits = Readonly<{
  /** Copies in a cluster, 1 to 5. @default 1 */
  replicas?: number;
  /** How long messages stay. Postgres keeps the events of services for ever. @default 7 days */
  maxAgeMs?: number;
  /** How much each stream keeps; older messages go first. @default as much as the server has room for */
  maxBytes?: number | undefined;
  /** On disk; needs nats-server 2.10. @default 'none' */
  compression?: 'none' | 's2';
}>;

const NANOSECONDS_PER_MS = 1_000_000;
const NANOSECONDS_PER_HOUR = HOUR_MS * NANOSECONDS_PER_MS;
const UNLIMITED = -1;

/** Within it the server drops a message whose `Nats-Msg-Id` it has seen. */
const DUPLICATE_WINDOW_MS = 2 * MINUTE_MS;
const MAX_AGE_MS = 7 * DAY_MS;
/** A dead letter waits for a person, who may be on holiday. */
const DEAD_LETTERS_MAX_AGE_MS = 30 * DAY_MS;

/** Nanoseconds as the nats command line writes them: `168h`, or seconds when it is no whole number of hours. */
export function hoursOf(value: ConfigValue): string {
  if (typeof value !== 'number') return String(value);
  if (value === 0) return 'unlimited';
  const hours = value / NANOSECONDS_PER_HOUR;
  return Number.isInteger(hours) ? `${hours}h` : `${value / (SECOND_MS * NANOSECONDS_PER_MS)}s`;
}

const bytesOf = (value: ConfigValue): string => (Number(value) < 0 ? 'unlimited' : `${String(value)} bytes`);

/** The fields of a stream that this system depends on. */
export const STREAM_RULES: FieldRules = {
  subjects: {
    absent: [],
    flag: (value) =>
      [value]
        .flat()
        .map((subject) => `--subjects='${String(subject)}'`)
        .join(' '),
  },
  retention: { absent: 'limits', fixed: true },
  storage: { absent: 'file', fixed: true },
  discard: { absent: 'old', flag: (value) => `--discard=${String(value)}` },
  num_replicas: {
    absent: 1,
    flag: (value) => `--replicas=${String(value)}`,
    setting: (value) => `STREAM_REPLICAS=${String(value)}`,
  },
  max_age: {
    absent: 0,
    show: hoursOf,
    flag: (value) => `--max-age=${value === 0 ? '0' : hoursOf(value)}`,
    setting: (value) => `STREAM_MAX_AGE_HOURS=${Math.max(1, Math.round(Number(value) / NANOSECONDS_PER_HOUR))}`,
  },
  max_bytes: {
    absent: UNLIMITED,
    show: bytesOf,
    flag: (value) => `--max-bytes=${String(value)}`,
    setting: (value) => (Number(value) < 0 ? 'STREAM_MAX_BYTES without a value' : `STREAM_MAX_BYTES=${String(value)}`),
  },
  max_msgs: { absent: UNLIMITED, flag: (value) => `--max-msgs=${String(value)}` },
  max_msgs_per_subject: { absent: UNLIMITED, flag: (value) => `--max-msgs-per-subject=${String(value)}` },
  max_msg_size: { absent: UNLIMITED, show: bytesOf, flag: (value) => `--max-msg-size=${String(value)}` },
  duplicate_window: {
    absent: DUPLICATE_WINDOW_MS * NANOSECONDS_PER_MS,
    show: hoursOf,
    flag: (value) => `--dupe-window=${hoursOf(value)}`,
  },
  compression: {
    absent: 'none',
    newer: true,
    flag: (value) => `--compression=${String(value)}`,
    setting: (value) => `STREAM_COMPRESSION=${String(value)}`,
  },
  // A stream that confirms nothing, takes nothing back or lets one header purge a subject breaks the relay.
  no_ack: { absent: false, flag: () => '--ack' },
  allow_rollup_hdrs: { absent: false, flag: () => '--no-allow-rollup' },
  deny_delete: { absent: false, fixed: true },
  sealed: { absent: false, fixed: true },
};

/** How a stream has to be. */
export function wantedStream(name: StreamName, limits: StreamLimits): ConfigValues {
  const maxAgeMs = limits.maxAgeMs ?? MAX_AGE_MS;
  return {
    ...standardOf(STREAM_RULES),
    subjects: [STREAM_SUBJECTS[name]],
    num_replicas: limits.replicas ?? 1,
    max_age: NANOSECONDS_PER_MS * (name === 'DEAD_LETTERS' ? Math.max(maxAgeMs, DEAD_LETTERS_MAX_AGE_MS) : maxAgeMs),
    max_bytes: limits.maxBytes ?? UNLIMITED,
    compression: limits.compression ?? 'none',
  };
}

/** How version 0.1.0 made every stream, before it noted what it applied. */
export function streamBeforeNotes(name: StreamName): ConfigValues {
  return { ...wantedStream(name, {}), max_age: MAX_AGE_MS * NANOSECONDS_PER_MS };
}

const isAbout: Readonly<Record<StreamName, string>> = {
  EVT_AGENT: 'Events of agent-service.',
  EVT_HEALTH: 'Events of health-service.',
  EVT_MAINTENANCE: 'Events of maintenance-service.',
  EVT_RECOVERY: 'Events of recovery-service.',
  BUSINESS: 'What business systems publish.',
  ALERTS: 'Alerts for subscribers outside.',
  DEAD_LETTERS: 'Messages that could not be handled.',
};

export function streamText(name: StreamName): string {
  return isAbout[name];
}

/** What smaller limits do to the messages that are there. */
export function streamWarning(name: StreamName, { field, from, to }: Difference): string | undefined {
  if (field === 'num_replicas') {
    return Number(to) < Number(from)
      ? `${name} keeps fewer copies: ${Number(to)} instead of ${Number(from)}.`
      : undefined;
  }
  if (field !== 'max_age' && field !== 'max_bytes') return undefined;
  const [before, after] = [from, to].map((value) => (Number(value) <= 0 ? Infinity : Number(value)));
  if (after === undefined || before === undefined || after >= before) return undefined;
  const limit = field === 'max_age' ? `older than ${hoursOf(to)}` : `beyond ${bytesOf(to)}`;
  return name === 'BUSINESS' || name === 'DEAD_LETTERS'
    ? `The server drops messages of ${name} that are ${limit}, also those that nobody has handled yet.`
    : `The server drops messages of ${name} that are ${limit}; the log in Postgres keeps their events.`;
}

/** How to have a stream made anew, which some changes need. */
export function replaceStream(name: StreamName): string {
  return name === 'BUSINESS' || name === 'DEAD_LETTERS'
    ? `Keep its messages with nats stream backup ${name} <folder>, then nats stream rm ${name}: the next start of a service makes it anew.`
    : `nats stream rm ${name} is safe: the next start of a service makes it anew, and the relay fills it from the log.`;
}
