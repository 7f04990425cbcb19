import type { Command } from '#libs/kernel';
import type { ComponentHealth, ComponentHealthEvent, Subject } from './component-health.ts';

export type NoteFailedAssessment = Command<
  'note-failed-assessment',
  { subject: Subject; reason: string; consecutiveFailures: number; failuresUntilUnhealthy: number }
>;

export type NoteCompletedAssessment = Command<'note-completed-assessment', { subject: Subject }>;

const LONGEST_DETAIL = 2_000;

/** Failures in a row make an agent that works unhealthy; one that is silent or paused has its cause already. */
export function noteFailedAssessment(
  { data, meta }: NoteFailedAssessment,
  state: ComponentHealth,
): readonly ComponentHealthEvent[] {
  const { subject, reason, consecutiveFailures, failuresUntilUnhealthy } = data;
  if (state.status === 'unhealthy' || consecutiveFailures < failuresUntilUnhealthy) return [];
  const detail = `${consecutiveFailures} assessments in a row failed: ${reason}`.slice(0, LONGEST_DETAIL);
  return [{ type: 'became-unhealthy', data: { subject, cause: 'failing', detail, since: meta.at.toISOString() } }];
}

/** One assessment that completes proves that a failing agent works. */
export function noteCompletedAssessment(
  { data: { subject } }: NoteCompletedAssessment,
  state: ComponentHealth,
): readonly ComponentHealthEvent[] {
  if (state.status !== 'unhealthy' || state.cause !== 'failing') return [];
  return [{ type: 'recovered', data: { subject, detail: 'An assessment completed.', unhealthySince: state.since } }];
}
