import type { Check } from '#libs/contracts';

/** One thing to look at. */
export type CheckStep = Readonly<{
  name: string;
  /** Whether the steps after it make no sense when it fails. */
  gate?: boolean;
  /** What was found, for people. What it throws is a failed check. */
  run: () => Promise<string>;
}>;

/** What the contract takes of a detail. */
const LONGEST_DETAIL = 2_000;

/** Runs the steps in order. Every one of them is in the result: one that could not be run says so. */
export async function runChecks(steps: readonly CheckStep[], signal: AbortSignal): Promise<readonly Check[]> {
  const checks: Check[] = [];
  let failedGate: string | undefined;
  for (const { name, gate = false, run } of steps) {
    if (failedGate !== undefined) {
      checks.push({ name, outcome: 'not-run', detail: `"${failedGate}" failed before it.` });
      continue;
    }
    const check = await outcomeOf(name, run);
    signal.throwIfAborted();
    checks.push(check);
    if (gate && check.outcome === 'failed') failedGate = name;
  }
  return checks;
}

async function outcomeOf(name: string, run: () => Promise<string>): Promise<Check> {
  try {
    return { name, outcome: 'ok', detail: (await run()).slice(0, LONGEST_DETAIL) };
  } catch (error) {
    // Whatever the reason: a check that was not passed proves nothing.
    const detail = error instanceof Error ? error.message : String(error);
    return { name, outcome: 'failed', detail: detail.slice(0, LONGEST_DETAIL) };
  }
}
