/** What may befall a business. */
export const SCENARIO_NAMES = ['cash-flow-crisis', 'seasonal-rush', 'equipment-failure', 'new-competitor'] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** A scenario and the day on which it begins, counted from the first day of the story as 0. */
export type PlannedScenario = Readonly<{ name: ScenarioName; beginDay: number }>;

type Effect = Readonly<{
  /** Days; it goes on for ever when infinite. */
  lasts: number;
  /** Each is a factor; 1 changes nothing. */
  demand: number;
  supplyCost: number;
  marketing: number;
  /** So many days later do customers pay. */
  paymentDelayDays: number;
  /** Hours that people stay longer at the end of an evening. */
  extraHours: number;
  /** Share of orders that are discounted, by a tenth. */
  discounted: number;
  /** Whole units of currency, on the first day. */
  surprise?: Readonly<{ category: string; description: string; amount: number }>;
  /** Whole units of currency, on each day while it lasts. */
  daily?: Readonly<{ category: string; description: string; amount: number }>;
}>;

const NOTHING: Effect = {
  lasts: 0,
  demand: 1,
  supplyCost: 1,
  marketing: 1,
  paymentDelayDays: 0,
  extraHours: 0,
  discounted: 0,
};

const EFFECTS: Readonly<Record<ScenarioName, Effect>> = {
  'cash-flow-crisis': {
    ...NOTHING,
    lasts: 14,
    demand: 0.6,
    paymentDelayDays: 15,
    surprise: { category: 'legal', description: 'Settlement with a former landlord', amount: 5_000 },
  },
  'seasonal-rush': { ...NOTHING, lasts: 30, demand: 1.6, supplyCost: 1.2, extraHours: 1.5 },
  'equipment-failure': {
    ...NOTHING,
    lasts: 3,
    demand: 0.75,
    surprise: { category: 'equipment-repair', description: 'Repair of the main refrigeration', amount: 3_000 },
    daily: { category: 'equipment-rental', description: 'Rented refrigeration', amount: 180 },
  },
  'new-competitor': { ...NOTHING, lasts: Infinity, demand: 0.85, marketing: 2, discounted: 0.3 },
};

/** What the scenarios of a story do on each of its days. */
export class Scenarios {
  readonly #planned: readonly PlannedScenario[];

  constructor(planned: readonly PlannedScenario[]) {
    this.#planned = planned;
  }

  factor(day: number, what: 'demand' | 'supplyCost' | 'marketing'): number {
    return this.#on(day).reduce((product, { effect }) => product * effect[what], 1);
  }

  most(day: number, what: 'paymentDelayDays' | 'extraHours' | 'discounted'): number {
    return this.#on(day).reduce((most, { effect }) => Math.max(most, effect[what]), 0);
  }

  /** What must be paid on that day because of them. */
  costs(day: number): readonly Readonly<{ category: string; description: string; amount: number }>[] {
    return this.#on(day).flatMap(({ effect, isFirstDay }) => [
      ...(effect.surprise !== undefined && isFirstDay ? [effect.surprise] : []),
      ...(effect.daily === undefined ? [] : [effect.daily]),
    ]);
  }

  #on(day: number): readonly Readonly<{ effect: Effect; isFirstDay: boolean }>[] {
    return this.#planned
      .map(({ name, beginDay }) => ({ effect: EFFECTS[name], age: day - beginDay }))
      .filter(({ effect, age }) => age >= 0 && age < effect.lasts)
      .map(({ effect, age }) => ({ effect, isFirstDay: age === 0 }));
  }
}

/** As the command line says it: `seasonal-rush@30`. */
export function scenarioText({ name, beginDay }: PlannedScenario): string {
  return `${name}@${beginDay}`;
}

/** Reads `seasonal-rush@30`, or `seasonal-rush` with the day on which it begins when none is named. */
export function scenarioOf(text: string, usualDay: number): PlannedScenario | undefined {
  const [given, day = String(usualDay), ...more] = text.split('@');
  const name = SCENARIO_NAMES.find((each) => each === given);
  if (name === undefined || more.length > 0 || !/^\d{1,5}$/.test(day)) return undefined;
  return { name, beginDay: Number(day) };
}
