import { z } from 'zod';
import { Random } from '../../../simulation/random.ts';

/** What a session means to do; what it must read first is decided when it comes to it. */
export type PlannedUnit = Readonly<{
  id: string;
  session: string;
  number: number;
  kind: 'append' | 'transaction';
  rollsBack: boolean;
  lingersMs: number;
  appends: readonly PlannedAppend[];
  /** Sent twice at the same moment, as an impatient client does. */
  isTwin: boolean;
  /** Sent once more, some units after it was answered. */
  isSentAgain: boolean;
  /** Somebody then uses its key for something else. */
  keyIsAbused: boolean;
  /** Not repeated when there was no answer: what its only attempt was told must be so. */
  isGivenUp: boolean;
}>;

export type PlannedAppend = Readonly<{
  id: string;
  tenant: string;
  stream: string;
  /** `read`: exactly the version that was read just before. */
  expected: 'read' | 'no-stream' | 'exists' | 'any';
  key?: string;
  texts: readonly string[];
}>;

export const PlanOptions = z.object({
  seed: z.int(),
  session: z.string(),
  units: z.int(),
  /** Units after this number are appends alone. */
  lastTransaction: z.int(),
  /** Units that several processes send; what they expect must not depend on who sends them first. */
  isShared: z.boolean(),
});
export type PlanOptions = Readonly<z.infer<typeof PlanOptions>>;

const HOT_STREAMS = 15;
const COLD_STREAMS = 400;
const TENANTS = ['demo', 'other'] as const;
/** Texts that a careless encoding breaks. */
const TEXTS = ['plain', 'Grüße, 世界 🥕', '"quoted" \\ and \t tabbed', '{"like":"json"}', "o'clock", ''] as const;

/** How long a transaction stays open before it appends, in milliseconds, and how often. */
const LINGERING = [
  [0, 7],
  [2, 1],
  [7, 1],
  [15, 1],
] as const;

/** The units of one session, the same for the same options. */
export function planSession(options: PlanOptions): readonly PlannedUnit[] {
  const random = Random.fromSeed(options.seed);
  return Array.from({ length: options.units }, (_, index) => planUnit(random, options, index + 1));
}

function planUnit(random: Random, { session, isShared, lastTransaction }: PlanOptions, number: number): PlannedUnit {
  const id = `${session}-${number}`;
  const isTransaction = random.chance(0.25) && number <= lastTransaction;
  const isKeyed = isShared || random.chance(0.85);
  const rollsBack = !isShared && isTransaction && random.chance(0.1);
  const repeats = isKeyed && !rollsBack ? 1 : 0;
  return {
    id,
    session,
    number,
    kind: isTransaction ? 'transaction' : 'append',
    rollsBack,
    lingersMs: random.choose(LINGERING),
    appends: planAppends(random, id, { count: isTransaction ? random.between(1, 2) : 1, isKeyed, isShared }),
    isTwin: random.chance(repeats * 0.06),
    isSentAgain: random.chance(repeats * 0.08),
    keyIsAbused: random.chance(isShared ? 0 : repeats * 0.03),
    isGivenUp: random.chance(isShared ? 0 : 0.4),
  };
}

/** One append, or two, of which the second often goes to the stream of the first and builds on it. */
function planAppends(
  random: Random,
  unit: string,
  { count, ...options }: { count: number; isKeyed: boolean; isShared: boolean },
): readonly PlannedAppend[] {
  const first = planAppend(random, `${unit}-1`, options);
  if (count === 1) return [first];
  const second = planAppend(random, `${unit}-2`, options);
  return [first, random.chance(0.5) ? { ...second, ...sameStream(first) } : second];
}

function planAppend(
  random: Random,
  id: string,
  { isKeyed, isShared }: { isKeyed: boolean; isShared: boolean },
): PlannedAppend {
  const isHot = random.chance(0.8);
  const expected = random.choose<PlannedAppend['expected']>([
    ['any', 35],
    ['read', 40],
    ['exists', 15],
    ['no-stream', isHot ? 2 : 40],
  ]);
  return {
    id,
    tenant: random.choose([
      [TENANTS[0], 3],
      [TENANTS[1], 1],
    ]),
    stream: isHot ? `hot-${random.between(1, HOT_STREAMS)}` : `cold-${random.between(1, COLD_STREAMS)}`,
    expected: isShared ? 'any' : expected,
    ...(isKeyed ? { key: `key-${id}` } : {}),
    texts: Array.from({ length: random.chance(0.7) ? 1 : random.between(2, 5) }, () =>
      random.choose(TEXTS.map((text) => [text, 1] as const)),
    ),
  };
}

const sameStream = ({ tenant, stream, expected }: PlannedAppend): Partial<PlannedAppend> => ({
  tenant,
  stream,
  expected: expected === 'no-stream' ? 'exists' : expected,
});
