import type { Command } from '#libs/kernel';
import type { Cause, ComponentHealth, ComponentHealthEvent, Subject } from './component-health.ts';
import type { HeartbeatVerdict } from './heartbeat-verdict.ts';

export type JudgeHeartbeats = Command<
  'judge-heartbeats',
  {
    subject: Subject;
    verdict: HeartbeatVerdict;
    /** ISO 8601 UTC. */
    lastSeenAt: string;
    /** What the component said of its trouble. */
    said: string | null;
    silentAfterMs: number;
  }
>;

/**
 * Heartbeats make a component known, silence makes it unhealthy, and heartbeats end silence and an ended pause.
 * A failing agent recovers by an assessment alone; a service, by saying that it runs.
 */
export function judgeHeartbeats(command: JudgeHeartbeats, state: ComponentHealth): readonly ComponentHealthEvent[] {
  const { subject } = command.data;
  const at = command.meta.at.toISOString();
  switch (state.status) {
    case 'unknown':
      return [{ type: 'became-known', data: { subject, at } }];
    case 'healthy':
      return judgeHealthy(command);
    case 'unhealthy':
      return judgeUnhealthy(command, state);
  }
}

type Unhealthy = Extract<ComponentHealth, { status: 'unhealthy' }>;

function judgeHealthy(command: JudgeHeartbeats): readonly ComponentHealthEvent[] {
  const { subject, verdict } = command.data;
  if (verdict === 'silent') return [unhealthy(command, 'silent')];
  if (verdict === 'failing' && subject.kind === 'service') return [unhealthy(command, 'failing')];
  if (verdict === 'paused' && subject.kind === 'agent') return [unhealthy(command, 'paused')];
  return [];
}

function judgeUnhealthy(command: JudgeHeartbeats, state: Unhealthy): readonly ComponentHealthEvent[] {
  const { subject, verdict } = command.data;
  switch (verdict) {
    case 'unclear':
      return [];
    case 'silent':
      return state.cause === 'silent' ? [] : [unhealthy(command, 'silent')];
    case 'paused':
      return state.cause === 'silent' && subject.kind === 'agent' ? [unhealthy(command, 'paused')] : [];
    case 'failing':
      return state.cause === 'silent' ? [unhealthy(command, 'failing')] : [];
    case 'running':
      return mayRecover(subject, state) ? [recovered(subject, state)] : [];
  }
}

/** An operator's pause ends with his word, and an agent's failures with an assessment; heartbeats prove neither. */
function mayRecover({ kind }: Subject, { cause, isPaused }: Unhealthy): boolean {
  switch (cause) {
    case 'silent':
      return true;
    case 'paused':
      return !isPaused;
    case 'failing':
      return kind === 'service';
  }
}

function recovered(subject: Subject, { cause, since }: Unhealthy): ComponentHealthEvent {
  const detail = cause === 'paused' ? 'It was resumed and runs again.' : 'Heartbeats say that it runs again.';
  return { type: 'recovered', data: { subject, detail, unhealthySince: since } };
}

function unhealthy(command: JudgeHeartbeats, cause: Cause): ComponentHealthEvent {
  const { subject, lastSeenAt, said, silentAfterMs } = command.data;
  const at = command.meta.at.toISOString();
  switch (cause) {
    case 'silent': {
      const detail = `No heartbeat since ${lastSeenAt}; it counts as silent after ${silentAfterMs} ms.`;
      return { type: 'became-unhealthy', data: { subject, cause, detail, since: lastSeenAt } };
    }
    case 'failing':
      return {
        type: 'became-unhealthy',
        data: { subject, cause, detail: said ?? 'Its heartbeats say that it fails.', since: at },
      };
    case 'paused':
      return {
        type: 'became-unhealthy',
        data: { subject, cause, detail: said ?? 'Its heartbeats say that it is paused.', since: at },
      };
  }
}
