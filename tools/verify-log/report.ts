import type { LogProblem, LogVerdict, SignedHeadsSummary } from '#libs/event-store';
import type { ServiceName } from './options.ts';

/** What came of one log. */
export type Finding = Readonly<
  { service: ServiceName; tookMs: number } & (
    | { outcome: 'intact'; verdict: Extract<LogVerdict, { outcome: 'intact' }> }
    | { outcome: 'broken'; problem: LogProblem }
    | { outcome: 'unknown'; reason: string }
  )
>;

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** 1 weighs more than 2: what is broken is known to be. */
export function exitCodeOf(findings: readonly Finding[]): number {
  if (findings.some(({ outcome }) => outcome === 'broken')) return 1;
  return findings.every(({ outcome }) => outcome === 'intact') ? 0 : 2;
}

/** For people. */
export function textOf(finding: Finding): string {
  switch (finding.outcome) {
    case 'intact':
      return intactText(finding.service, finding.verdict, finding.tookMs);
    case 'broken':
      return brokenText(finding.service, finding.problem);
    case 'unknown':
      return `${finding.service}: cannot be verified. ${finding.reason}`;
  }
}

/** For programs. */
export function documentOf(findings: readonly Finding[]): object {
  const code = exitCodeOf(findings);
  return {
    outcome: code === 0 ? 'intact' : code === 1 ? 'broken' : 'unknown',
    logs: findings.map(({ tookMs, ...finding }) => ({
      service: finding.service,
      outcome: finding.outcome,
      tookMs: Math.round(tookMs),
      ...(finding.outcome === 'intact'
        ? { lanes: finding.verdict.lanes, signedHeads: finding.verdict.signedHeads }
        : {}),
      ...(finding.outcome === 'broken' ? { problem: finding.problem } : {}),
      ...(finding.outcome === 'unknown' ? { reason: finding.reason } : {}),
    })),
  };
}

function intactText(
  service: string,
  { lanes, signedHeads }: Extract<LogVerdict, { outcome: 'intact' }>,
  tookMs: number,
): string {
  const events = lanes.reduce((sum, lane) => sum + lane.events, 0);
  const heads = lanes.map(({ lane, position, hash, first }) => {
    const from = first === 1 ? '' : `, begun at ${first}: what is before was believed`;
    return `  lane ${lane} ends at ${position} with ${hash.slice(0, 16)}${from}`;
  });
  const took = `${(tookMs / 1_000).toFixed(1)} s`;
  return [`${service}: intact. ${events} events in ${took}.`, ...heads, ...signedText(signedHeads)].join('\n');
}

function signedText({ count, proof, keyIds, newest }: SignedHeadsSummary): readonly string[] {
  if (count === 0) {
    return [
      '  No head is signed: a log that was rewritten or shortened as a whole looks like this one. Set LOG_SIGNING_KEY.',
    ];
  }
  const lines = newest.map(
    ({ number, lane, position, at, ageSeconds, unsigned }) =>
      `  signed head ${number}: lane ${lane} at ${position}, ${durationText(ageSeconds)} ago (${at}); ${unsigned} events after it`,
  );
  const keys = `${keyIds.length === 1 ? 'key' : 'keys'} ${keyIds.join(', ')}`;
  const trust =
    proof === 'given keys'
      ? `  signed heads in all: ${count}, by the ${keys}, kept outside of the database.`
      : `  signed heads in all: ${count}, by the ${keys} as stored in the database itself: give --public-key for a proof against its owner.`;
  return [...lines, trust];
}

function brokenText(service: string, problem: LogProblem): string {
  const { lane, position, stream, streamVersion, signedHead, reason } = problem;
  const place = [
    `lane ${lane}`,
    `position ${position}`,
    ...(stream === undefined ? [] : [`stream ${stream}`]),
    ...(streamVersion === undefined ? [] : [`version ${streamVersion}`]),
    ...(signedHead === undefined ? [] : [`signed head ${signedHead}`]),
  ];
  return [
    `${service}: BROKEN at ${place.join(', ')}: ${reason}.`,
    '  Nothing after it is proven. Keep the database as it is; docs/log-format.md says what to do.',
  ].join('\n');
}

function durationText(seconds: number): string {
  if (seconds < 2 * MINUTE_SECONDS) return `${seconds} s`;
  if (seconds < 2 * HOUR_SECONDS) return `${Math.round(seconds / MINUTE_SECONDS)} min`;
  return seconds < 2 * DAY_SECONDS
    ? `${Math.round(seconds / HOUR_SECONDS)} h`
    : `${Math.round(seconds / DAY_SECONDS)} days`;
}
