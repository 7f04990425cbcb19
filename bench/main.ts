/**
 * `npm run bench`: how fast the log is, each figure beside others of the same run on the same server. Ratios count;
 * absolute figures are those of the machine. Figures never fail the run, only errors do.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { history } from './agents/history.ts';
import { run as agentRun } from './agents/run.ts';
import { append } from './append.ts';
import { batch } from './batch.ts';
import { consumer } from './bus/consumer.ts';
import { ingest } from './bus/ingest.ts';
import { late } from './bus/late.ts';
import { latency } from './bus/latency.ts';
import { relay } from './bus/relay.ts';
import { tried as busTried } from './bus/tried.ts';
import { growth } from './growth.ts';
import type { Bench } from './harness/bench.ts';
import { installPeers } from './harness/install-peers.ts';
import { isMet, markdown, type Report } from './harness/report.ts';
import { openServer, type BenchServer } from './harness/server.ts';
import { read } from './read.ts';
import { rebuild } from './rebuild.ts';
import { tried } from './tried.ts';

const TOPICS: ReadonlyMap<string, (bench: Bench) => Promise<Report>> = new Map(
  Object.entries({
    append,
    batch,
    read,
    rebuild,
    growth,
    tried,
    'bus-latency': latency,
    'bus-relay': relay,
    'bus-consumer': consumer,
    'bus-late': late,
    'bus-ingest': ingest,
    'bus-tried': busTried,
    'agents-run': agentRun,
    'agents-history': history,
  }),
);

const USAGE = `Measures the log beside raw SQL and beside Emmett, on one server for all rows of a table.

  npm run bench [-- <topic> ...] [options]

Topics (default: all):
  append    one event a call, 1, 32 and 256 callers
  batch     100 events a call
  read      streams of 1,000 events, and the log in pages
  rebuild   a projection from the beginning of the log
  growth    1 million events beside 10 thousand, and memory
  tried     what was tried for the append path, as raw SQL
  bus       all of these:
    bus-latency   from a commit to a subscriber, and to another service, at 100, 1,000 and 5,000 events/s
    bus-relay     a relay that is 200,000 events behind
    bus-consumer  20,000 messages that wait in the stream, 1 and 4 replicas
    bus-late      50,000 events that the stream does not have any more
    bus-ingest    batches of 100 events over HTTP, until projected
    bus-tried     ways to commit an effect with its inbox, as raw SQL
  agents    both of these:
    agents-run      one new event, when an agent knows a year of the business
    agents-history  90 days of both businesses through the agents

  --seconds <n>    how long each row runs in a round (default 2)
  --rounds <n>     rounds, in which all rows take turns (default 5)
  --only <text>    only rows whose name and callers contain this; may be given several times
  --grown <n>      events of the log that "growth" compares (default 1000000)
  --backlog <n>    events that "bus-relay" begins with; the other topics of the bus take a part (default 200000)
  --database <url> measure on this server instead of a durable throw-away one; makes schemas bench_* and drops them
  --no-peers       do not install or measure Emmett
  --json <file>    write all figures there, too
  --help           show this

The report is Markdown on stdout; progress goes to stderr.`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

type Settings = Readonly<{
  topics: readonly string[];
  seconds: number;
  rounds: number;
  grown: number;
  backlog: number;
  only: readonly string[] | undefined;
  database: string | undefined;
  peers: boolean;
  json: string | undefined;
}>;

/** @returns undefined when only the help was asked for. @throws with what is wrong */
function readSettings(): Settings | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      grown: { type: 'string', default: '1000000' },
      backlog: { type: 'string', default: '200000' },
      only: { type: 'string', multiple: true },
      database: { type: 'string' },
      peers: { type: 'boolean', default: true },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    topics: topicsNamed(positionals),
    seconds: within('seconds', values.seconds, { from: 0.1, to: 600 }),
    rounds: Math.trunc(within('rounds', values.rounds, { from: 1, to: 100 })),
    grown: Math.trunc(within('grown', values.grown, { from: 10_000, to: 9_000_000 })),
    backlog: Math.trunc(within('backlog', values.backlog, { from: 2_000, to: 5_000_000 })),
    only: values.only,
    database: values.database,
    peers: values.peers,
    json: values.json,
  };
}

/** `bus` names `bus-relay` and all others that begin so. @throws RangeError for a name that nothing has */
function topicsNamed(names: readonly string[]): readonly string[] {
  const topics = [...TOPICS.keys()];
  if (names.length === 0) return topics;
  return names.flatMap((name) => {
    const named = topics.filter((topic) => topic === name || topic.startsWith(`${name}-`));
    if (named.length === 0)
      throw new RangeError(`There is no topic ${name}: choose from ${topics.join(', ')}, bus, agents.`);
    return named;
  });
}

function within(name: string, text: string, { from, to }: Readonly<{ from: number; to: number }>): number {
  const value = Number(text);
  if (!(value >= from && value <= to)) throw new RangeError(`--${name} ${text}: give a number from ${from} to ${to}.`);
  return value;
}

/** @returns the reports of the topics that could be measured */
async function run(settings: Settings): Promise<readonly Report[]> {
  const emmett = settings.peers ? installPeers(say) : undefined;
  say('Starting Postgres');
  const server = await openServer(settings.database);
  const { seconds, rounds, only } = settings;
  const pace = { seconds, rounds, serverPid: server.pid, say, ...(only ? { only } : {}) };
  const reports: Report[] = [];
  try {
    console.log(`${heading(server, settings)}\n`);
    for (const [topic, measure] of TOPICS) {
      if (!settings.topics.includes(topic)) continue;
      say(`Topic ${topic}`);
      const report = await measure({ server, pace, emmett, grownEvents: settings.grown, backlog: settings.backlog });
      reports.push(report);
      console.log(`${markdown(report)}\n`);
    }
  } finally {
    await server.close();
    if (settings.json !== undefined) writeFileSync(settings.json, jsonOf(server, settings, reports));
  }
  return reports;
}

function machine(): Readonly<Record<string, string>> {
  const processors = cpus();
  return {
    processors: `${processors.length} x ${processors[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
  };
}

function heading({ facts }: BenchServer, { seconds, rounds }: Settings): string {
  const durable = facts['fsync'] === 'on' && facts['synchronous_commit'] === 'on';
  const list = (pairs: Readonly<Record<string, string>>): string =>
    Object.entries(pairs)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return [
    '# Bench',
    '',
    `- Machine: ${list(machine())}`,
    `- Postgres: ${list(facts)}${durable ? '' : ' (NOT DURABLE: no figure counts)'}`,
    `- Each row: the median of ${rounds} rounds of ${seconds} s, in which all rows of a table take turns.`,
  ].join('\n');
}

function jsonOf({ facts }: BenchServer, { seconds, rounds }: Settings, reports: readonly Report[]): string {
  const judged = reports.map((report) => ({
    ...report,
    goals: report.goals?.map((goal) => ({ ...goal, met: isMet(goal) })),
  }));
  return `${JSON.stringify({ machine: machine(), postgres: facts, seconds, rounds, reports: judged }, null, 2)}\n`;
}

try {
  const settings = readSettings();
  if (settings) await run(settings);
  else console.log(USAGE);
} catch (error) {
  say(error instanceof RangeError || isArgumentError(error) ? error.message : describe(error));
  process.exitCode = 1;
}

function isArgumentError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
