import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { SECOND_MS } from '#libs/kernel';
import { FAULTS, faultNamed, type Fault, type FaultTimes } from './faults.ts';
import { complaintOf, figuresOf, notesOf, oneLineOf, quietLineOf, recoveryTable } from './report.ts';
import { runFaults, type Struck } from './run-faults.ts';
import { BusSystem } from './system.ts';

/** `BUS_FAULTS_SEED=<n>` chooses other victims and moments. Who comes first is up to the machine, so no two runs are alike. */
const SEED = Number(process.env['BUS_FAULTS_SEED'] ?? 20_261_123);
/** `STEWARD_FAULT_ROUNDS=<n>` is the long form: every fault so often, each kind in a system of its own. */
const ROUNDS = process.env['STEWARD_FAULT_ROUNDS'] ?? '';
/** `STEWARD_FAULT_KINDS=<expression>` takes only those whose name it matches. */
const KINDS = process.env['STEWARD_FAULT_KINDS'];

/** What `npm test` has time for: one of each way in which something can be lost, doubled or reordered. */
const SHORT: readonly string[] = [
  ...['kill -9 the relay with its producer', 'kill -9 a consumer', 'kill -9 nats-server', 'kill -9 Postgres'],
  ...["roll the broker's store back", 'cut a consumer from Postgres', 'a poison event', 'replicas join and leave'],
  ...['delete the durable consumer', 'restore the log to an earlier moment', "empty the broker's store"],
];
const SHORT_TIMES: FaultTimes = { pauseMs: 7_500, blackholeMs: 3_000, rollBackMs: 1_500, slowMs: 3_000 };
const LONG_TIMES: FaultTimes = { pauseMs: 8_000, blackholeMs: 8_000, rollBackMs: 60_000, slowMs: 10_000 };

const isLong = ROUNDS !== '';
const tells = isLong || process.env['BUS_FAULTS_FIGURES'] !== undefined;
const rounds = isLong ? Number(ROUNDS) : 1;
const chosen = (isLong || KINDS !== undefined ? FAULTS : SHORT.map(faultNamed)).filter(({ kind }) =>
  new RegExp(KINDS ?? '').test(kind),
);
const runs: readonly (readonly Fault[])[] = isLong ? chosen.map((fault) => [fault]) : [chosen];

jest.setTimeout(isLong ? 3 * 3_600 * SECOND_MS : 240 * SECOND_MS);

describe('events on their way between services while everything fails', () => {
  let system: BusSystem | undefined;
  const struck: Struck[] = [];
  let versions = '';
  afterEach(async () => {
    await system?.close();
    system = undefined;
  });
  afterAll(() => {
    if (tells) process.stderr.write(`\n${versions}\n\n${recoveryTable(struck)}\n`);
  });

  it.each(
    runs.map((faults) => ({
      faults,
      title: faults.length === 1 ? (faults[0]?.kind ?? '') : `${faults.length} faults, one after the other`,
    })),
  )('are applied once and in order: $title', async ({ faults }) => {
    system = await BusSystem.open({ seed: SEED, producers: 2, consumers: 2, eventsPerSecond: 120 });
    versions = await system.versions();
    const outcome = await runFaults(system, {
      ...{ faults, rounds, seed: SEED, times: isLong ? LONG_TIMES : SHORT_TIMES, untilAcknowledged: isLong },
      onStruck: (one) => {
        struck.push(one);
        if (tells) process.stderr.write(`${oneLineOf(one)}\n`);
      },
    }).catch((error: unknown) => {
      throw new Error([String(error), ...notesOf(system)].join('\n'), { cause: error });
    });

    if (tells) process.stderr.write(`${quietLineOf(outcome)}\n`);
    if (outcome.found.length > 0) throw new Error(complaintOf(SEED, outcome, system));
    expect(outcome.complaints).toEqual([]);
    expect(system.unexpectedEnds).toEqual([]);
    const { published, ownEvents, slots } = figuresOf(outcome, system);
    expect(published).toBeGreaterThan(100 * outcome.struck.length);
    expect(ownEvents).toBeGreaterThan(5 * outcome.struck.length);
    expect(slots).toBeGreaterThan(50);
  });
});
