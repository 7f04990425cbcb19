import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome, Struck } from './run-faults.ts';
import type { BusSystem } from './system.ts';

const SHOWN_PER_KIND = 5;
const NOTES_SHOWN = 15;

/** A row for each kind of fault: how often it came, and how long after its end everything of before and of a quarter of a second more was applied. */
export function recoveryTable(struck: readonly Struck[]): string {
  const rows = [...Map.groupBy(struck, ({ kind }) => kind)].map(([kind, all]) => {
    const times = all.map(({ recoveredMs }) => recoveredMs).toSorted((left, right) => left - right);
    const at = (part: number): string => seconds(times[Math.round((times.length - 1) * part)] ?? 0);
    return `| ${kind} | ${all.length} | ${at(0)} | ${at(0.5)} | ${at(1)} |`;
  });
  const head = ['| fault | times | recovered after: least | median | most |', '| --- | ---: | ---: | ---: | ---: |'];
  return [...head, ...rows].join('\n');
}

/** For whoever watches a long run. */
export const oneLineOf = ({ kind, round, tookMs, recoveredMs }: Struck): string =>
  `${kind}, round ${round + 1}: took ${seconds(tookMs)}, all was applied ${seconds(recoveredMs)} after its end`;

/** How long it took in the end until nothing was under way any more. */
export const quietLineOf = ({ quietMs, waitedFor }: Outcome): string =>
  `quiet ${seconds(quietMs)} after the last event; waited for: ${waitedFor.join('; ') || 'nothing'}`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;

/** What a run did, in figures. */
export function figuresOf({ history, struck }: Outcome, { refills }: BusSystem): Readonly<Record<string, number>> {
  const { log, voided, effects, ownEvents, broker, epoch } = history;
  return {
    ...{ faults: struck.length, events: log.length, published: log.filter(({ isPublished }) => isPublished).length },
    ...{ voided: voided.length, epoch, effects: effects.length, ownEvents: ownEvents.length },
    ...{ messages: broker.length, refills, slots: new Set(log.map(({ slot }) => slot)).size },
  };
}

/** Says what is wrong and what happened before. The whole history goes into a file. */
export function complaintOf(seed: number, outcome: Outcome, system: BusSystem): string {
  const { found, struck } = outcome;
  const file = join(mkdtempSync(join(tmpdir(), 'bus-faults-')), 'history.json');
  writeFileSync(file, JSON.stringify({ seed, ...outcome, notes: system.notes }));
  const kinds = [...Map.groupBy(found, ({ kind }) => kind)].map(([kind, all]) => {
    const shown = all.slice(0, SHOWN_PER_KIND).map(({ detail }) => `    ${detail}`);
    return [`  ${all.length} x ${kind}, such as`, ...shown].join('\n');
  });
  return [
    `The bus broke ${found.length} guarantees (BUS_FAULTS_SEED=${seed}):`,
    ...kinds,
    `  Faults: ${struck.map(({ kind }) => kind).join('; ')}`,
    `  Figures: ${JSON.stringify(figuresOf(outcome, system))}`,
    ...notesOf(system),
    `  The whole history: ${file}`,
  ].join('\n');
}

/** The last that the programs said of their troubles. */
export const notesOf = (system: BusSystem | undefined): readonly string[] =>
  (system?.notes ?? [])
    .slice(-NOTES_SHOWN)
    .map(({ at, instance, what }) => `  ${new Date(at).toISOString()} ${instance}: ${what}`);
