import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Violation } from './check-history.ts';
import type { History, Outcome } from './history.ts';

const SHOWN_PER_KIND = 5;

/** What a run did, in figures. */
export type Figures = Readonly<Record<string, number>>;

export function figuresOf({ attempts, log, seen, sideRows }: History): Figures {
  const outcomes = attempts.map(({ outcome }) => outcome);
  const count = (is: Outcome['is']): number => outcomes.filter((outcome) => outcome?.is === is).length;
  const unavailable = (applied: 'no' | 'unknown'): number =>
    outcomes.filter((outcome) => outcome?.is === 'unavailable' && outcome.applied === applied).length;
  const held = new Set(log.map(({ metadata }) => metadata.correlationId));
  const units = Map.groupBy(attempts, ({ unit }) => unit.id);
  return {
    units: units.size,
    attempts: attempts.length,
    acknowledged: count('acknowledged'),
    duplicates: outcomes.filter((outcome) => outcome?.is === 'acknowledged' && isDuplicate(outcome)).length,
    conflicts: count('wrong-version'),
    keysRefused: count('key-reused'),
    rolledBack: count('rolled-back'),
    notApplied: unavailable('no'),
    unknown: unavailable('unknown'),
    appliedUnanswered: [...units.values()].filter((tries) => wasAppliedUnanswered(tries, held)).length,
    events: log.length,
    seen: seen.length,
    sideRows: sideRows.length,
  };
}

const isDuplicate = (outcome: Outcome): boolean =>
  outcome.is === 'acknowledged' && outcome.answers.some((answer) => answer.outcome === 'duplicate');

/** No attempt was told that it stored the unit; one whose answer was lost did. */
function wasAppliedUnanswered(attempts: History['attempts'], held: ReadonlySet<string>): boolean {
  const acknowledged = attempts.flatMap(({ outcome }) => (outcome?.is === 'acknowledged' ? [outcome] : []));
  return attempts.some(({ unit }) => held.has(unit.id)) && acknowledged.every(isDuplicate);
}

/** Says what is wrong and how to see it again. The whole history goes into a file. */
export function complaintOf(seed: number, run: { history: History; figures: Figures }, found: readonly Violation[]) {
  const file = join(mkdtempSync(join(tmpdir(), 'log-order-')), 'history.json');
  writeFileSync(file, JSON.stringify({ seed, ...run, violations: found }));
  const kinds = [...Map.groupBy(found, ({ kind }) => kind)].map(([kind, all]) => {
    const shown = all.slice(0, SHOWN_PER_KIND).map(({ detail }) => `    ${detail}`);
    return [`  ${all.length} x ${kind}, such as`, ...shown].join('\n');
  });
  return [
    `The log broke ${found.length} guarantees (LOG_ORDER_SEED=${seed}):`,
    ...kinds,
    `  Figures: ${JSON.stringify(run.figures)}`,
    `  The whole history: ${file}`,
  ].join('\n');
}
