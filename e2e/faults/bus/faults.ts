import { setTimeout as delay } from 'node:timers/promises';
import { slotOf } from '#libs/kernel';
import { eventually } from '#libs/testing';
import type { Random } from '../../../simulation/random.ts';
import { counting } from './load.ts';
import { copyStore, emptyStore, putBackStore, shortenRetention } from './broker-faults.ts';
import { restoreLog } from './restore-log.ts';
import { STREAM, type BusSystem, type Member, type Role } from './system.ts';
import { CONSUMER } from './tables.ts';

/** Something that goes wrong under load. Its end is the end of `strike`; what it took away is put back afterwards. */
export type Fault = Readonly<{ kind: string; strike: (stage: Stage) => Promise<void> }>;

export type Stage = Readonly<{
  system: BusSystem;
  random: Random;
  /** From 0: faults that come in several forms take turns. */
  round: number;
  times: FaultTimes;
}>;

export type FaultTimes = Readonly<{
  /** Longer than a lease, when the form is the long one. */
  pauseMs: number;
  blackholeMs: number;
  rollBackMs: number;
  slowMs: number;
}>;

/** Until a server comes back, and until a network does. */
const DOWN_MS = 300;
/** So long may a thing take that the fault itself waits for. */
const WITHIN_MS = 60_000;
/** Their numbers are of no load. */
const FIRST_NUMBER = 1_000_001;

const killProducer: Fault = {
  kind: 'kill -9 the relay with its producer',
  strike: async ({ system }) => {
    await system.kill(await system.publisher());
  },
};

const killConsumer: Fault = {
  kind: 'kill -9 a consumer',
  strike: async (stage) => {
    await stage.system.kill(anyOf(stage, 'consumer'));
  },
};

const killNats: Fault = {
  kind: 'kill -9 nats-server',
  strike: async ({ system, random }) => {
    await system.nats.kill9();
    await delay(random.between(0, DOWN_MS));
    await system.nats.restart();
  },
};

const killPostgres: Fault = {
  kind: 'kill -9 Postgres',
  strike: async ({ system, random }) => {
    await system.postgres.kill9();
    await delay(random.between(0, DOWN_MS));
    await system.postgres.restart();
  },
};

const emptyBroker: Fault = {
  kind: "empty the broker's store",
  strike: async ({ system }) => {
    await system.nats.kill9();
    await emptyStore(system.nats);
    await system.nats.restart();
  },
};

const rollBackBroker: Fault = {
  kind: "roll the broker's store back",
  strike: async ({ system, times }) => {
    const copy = await copyStore(system.nats);
    try {
      await delay(times.rollBackMs);
      await system.nats.kill9();
      await putBackStore(system.nats, copy);
    } finally {
      await copy.remove();
    }
    await system.nats.restart();
  },
};

const deleteStream: Fault = {
  kind: 'delete the stream',
  strike: async ({ system }) => {
    await system.onBus((bus) => bus.manager.streams.delete(STREAM));
  },
};

const deleteConsumer: Fault = {
  kind: 'delete the durable consumer',
  strike: async ({ system }) => {
    await system.onBus(async ({ manager }) => {
      for await (const { name, config } of manager.consumers.list(STREAM)) {
        if (config.durable_name !== undefined) await manager.consumers.delete(STREAM, name);
      }
    });
  },
};

const pauseProducer: Fault = {
  kind: 'pause the relay with its producer longer than its lease',
  strike: async ({ system, times }) => {
    await pausedFor(await system.publisher(), times.pauseMs);
  },
};

const pauseConsumer: Fault = {
  kind: 'pause a consumer longer than its lease',
  strike: async (stage) => {
    await pausedFor(anyOf(stage, 'consumer'), stage.times.pauseMs);
  },
};

const cut = (kind: string, pick: (stage: Stage) => Promise<Member>, network: 'nats' | 'postgres'): Fault => ({
  kind,
  strike: async (stage) => {
    const proxy = (await pick(stage))[network];
    await proxy.refuse(true);
    proxy.cut();
    await delay(stage.random.between(0, DOWN_MS));
    await proxy.refuse(false);
  },
});

/** Every other time the connections that hung are gone when the network is back. */
const blackhole = (kind: string, pick: (stage: Stage) => Promise<Member>, network: 'nats' | 'postgres'): Fault => ({
  kind,
  strike: async (stage) => {
    const proxy = (await pick(stage))[network];
    proxy.blackhole(true);
    await delay(stage.times.blackholeMs);
    if (stage.round % 2 === 1) proxy.cut();
    proxy.blackhole(false);
  },
});

const aConsumer = (stage: Stage): Promise<Member> => Promise.resolve(anyOf(stage, 'consumer'));
const thePublisher = ({ system }: Stage): Promise<Member> => system.publisher();

const PARKED = `select state from health.parked_messages where stream_key = $1 and state <> 'discarded' order by id`;
const REDRIVE = `
update health.parked_messages set state = 'retrying', attempts = 0, next_attempt_at = clock_timestamp()
where stream_key = $1 and state = 'dead'`;

/** In turns an event that can never be applied, and is re-driven when it can; and one that is tried again until it can. */
const poison: Fault = {
  kind: 'a poison event',
  strike: async ({ system, random, round }) => {
    const { database } = system;
    const stream = random.between(1, 100);
    const key = keyOf(stream);
    const name = `poison ${round} of ${stream}`;
    const kind = round % 2 === 0 ? 'refused' : 'defect';
    const isHeld = async (): Promise<void> => {
      const states = (await database.query<{ state: string }>(PARKED, [key])).map(({ state }) => state);
      if (!states.includes(kind === 'refused' ? 'dead' : 'retrying'))
        throw new Error(`not put aside: ${states.join()}`);
      if (!states.includes('waiting')) throw new Error('nothing waits behind it');
    };
    await system.append(counting(`c ${stream}`, { number: FIRST_NUMBER, poison: { name, kind } }));
    await system.append(counting(`c ${stream}`, { number: FIRST_NUMBER + 1 }));
    await eventually(isHeld, { withinMs: WITHIN_MS });
    await system.append(counting(`c ${neighbourOf(stream)}`, { number: FIRST_NUMBER + 2 }));
    await system.applied(await system.head(), { withinMs: WITHIN_MS, except: [key] });
    await isHeld();
    await database.query('insert into health.cures (poison) values ($1)', [name]);
    await database.query(REDRIVE, [key]);
    await system.onBus(async (bus) => {
      bus.publish(`parked.${CONSUMER}`, '');
      await bus.connection.flush();
    });
  },
};

/** Others, also of the same slot, go past it. */
const slowHandler: Fault = {
  kind: 'a slow handler',
  strike: async ({ system, random, times }) => {
    const stream = random.between(1, 100);
    await system.append(counting(`c ${stream}`, { number: FIRST_NUMBER, slowMs: times.slowMs }));
    const slow = await system.head();
    await system.append(counting(`c ${neighbourOf(stream)}`, { number: FIRST_NUMBER + 1 }));
    const others = system.applied(await system.head(), { withinMs: WITHIN_MS, except: [keyOf(stream)] });
    const itself = system.applied(slow, { withinMs: WITHIN_MS });
    const first = await Promise.race([others.then(() => 'others'), itself.then(() => 'itself')]);
    await Promise.all([others, itself]);
    if (first !== 'others') throw new Error(`Everything waited for an event that takes ${times.slowMs} ms.`);
  },
};

const joinAndLeave: Fault = {
  kind: 'replicas join and leave',
  strike: async ({ system, random }) => {
    const before = system.consumers;
    await Promise.all([system.start('consumer'), system.start('consumer')]);
    await delay(random.between(0, 2_000));
    await Promise.all(before.slice(0, 2).map((member) => system.stop(member)));
  },
};

/** In turns they end in order and are killed. */
const offlinePastRetention: Fault = {
  kind: 'consumers offline past retention',
  strike: async ({ system, round }) => {
    const { consumers } = system;
    await Promise.all(consumers.map((member) => (round % 2 === 0 ? system.stop(member) : system.kill(member))));
    await shortenRetention(system);
    await system.fill();
  },
};

/** In turns the producers end in order and are killed, so that some of what is taken away was never published. */
const restore: Fault = {
  kind: 'restore the log to an earlier moment',
  strike: async ({ system, random, round }) => {
    const { producers } = system;
    await Promise.all(producers.map((member) => (round % 2 === 0 ? system.kill(member) : system.stop(member))));
    await restoreLog(system, random.between(20, 120));
    await system.fill();
  },
};

/** Everything that can happen, in this order. */
export const FAULTS: readonly Fault[] = [
  ...[killProducer, killConsumer, killNats, killPostgres],
  ...[emptyBroker, rollBackBroker, deleteStream, deleteConsumer],
  ...[pauseProducer, pauseConsumer],
  cut('cut a consumer from nats-server', aConsumer, 'nats'),
  cut('cut a consumer from Postgres', aConsumer, 'postgres'),
  cut('cut the relay from nats-server', thePublisher, 'nats'),
  cut('cut the relay from Postgres', thePublisher, 'postgres'),
  blackhole('blackhole a consumer from nats-server', aConsumer, 'nats'),
  blackhole('blackhole a consumer from Postgres', aConsumer, 'postgres'),
  blackhole('blackhole the relay from nats-server', thePublisher, 'nats'),
  blackhole('blackhole the relay from Postgres', thePublisher, 'postgres'),
  ...[poison, slowHandler, joinAndLeave, offlinePastRetention, restore],
];

/** @throws Error when there is none with such a name */
export function faultNamed(kind: string): Fault {
  const fault = FAULTS.find((one) => one.kind === kind);
  if (!fault) throw new Error(`No fault is called "${kind}". They are: ${FAULTS.map((one) => one.kind).join('; ')}.`);
  return fault;
}

function anyOf({ system, random }: Stage, role: Role): Member {
  const members = role === 'consumer' ? system.consumers : system.producers;
  const member = members[random.between(0, members.length - 1)];
  if (!member) throw new Error(`No ${role} runs.`);
  return member;
}

async function pausedFor({ program }: Member, ms: number): Promise<void> {
  program.pause();
  try {
    await delay(ms);
  } finally {
    program.resume();
  }
}

const keyOf = (stream: number): string => `demo/counter-c ${stream}`;

/** Another stream of the same slot. */
function neighbourOf(stream: number): number {
  const slot = slotOf('demo', `counter-c ${stream}`);
  for (let other = stream + 1; ; other += 1) if (slotOf('demo', `counter-c ${other}`) === slot) return other;
}
