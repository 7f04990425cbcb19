import type { Outcome } from './run-stage.ts';
import type { Stage } from './stages.ts';

export type PlanOptions = Readonly<{
  stages: readonly Stage[];
  /** Light stages that may run at the same time. */
  lightAtOnce: number;
  run: (stage: Stage) => Promise<Outcome>;
  skip: (stage: Stage) => Outcome;
  /** Told of every outcome, in the order of the stages. */
  report: (outcome: Outcome) => void;
}>;

/** Neighbouring light stages together, each heavy one alone. */
function groupsOf(stages: readonly Stage[]): Stage[][] {
  const groups: Stage[][] = [];
  for (const stage of stages) {
    const last = groups.at(-1);
    if (last !== undefined && !stage.isHeavy && last[0]?.isHeavy === false) last.push(stage);
    else groups.push([stage]);
  }
  return groups;
}

/** Outcomes in the order of the stages, each told as soon as all before it are there. */
class Progress {
  readonly #stages: readonly Stage[];
  readonly #report: (outcome: Outcome) => void;
  readonly #outcomes = new Map<Stage, Outcome>();
  #reported = 0;

  constructor(stages: readonly Stage[], report: (outcome: Outcome) => void) {
    this.#stages = stages;
    this.#report = report;
  }

  add(outcome: Outcome): void {
    this.#outcomes.set(outcome.stage, outcome);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#reported++;
      this.#report(next);
    }
  }

  /** Whether something that this stage needs has not passed; stages that nobody asked for do not count. */
  isPointless(stage: Stage): boolean {
    return this.all().some(({ result, stage: { name } }) => result !== 'passed' && stage.needs.includes(name));
  }

  all(): Outcome[] {
    return this.#stages.flatMap((stage) => this.#outcomes.get(stage) ?? []);
  }

  #next(): Outcome | undefined {
    const stage = this.#stages[this.#reported];
    return stage === undefined ? undefined : this.#outcomes.get(stage);
  }
}

/** Runs every stage, except those that need one which has failed or was itself left out. */
export async function runPlan({ stages, lightAtOnce, run, skip, report }: PlanOptions): Promise<Outcome[]> {
  const progress = new Progress(stages, report);
  for (const group of groupsOf(stages)) {
    const waiting = [...group];
    const worker = async (): Promise<void> => {
      for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
        progress.add(progress.isPointless(stage) ? skip(stage) : await run(stage));
      }
    };
    await Promise.all(Array.from({ length: lightAtOnce }, worker));
  }
  return progress.all();
}
