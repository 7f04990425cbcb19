import type { AgentBecameUnhealthy } from '#libs/contracts';
import type { DomainEvent } from '#libs/kernel';

/** What is watched: an agent by its id, or a service by its name. */
export type Subject = Readonly<{ kind: 'agent' | 'service'; name: string }>;

/** Why it does not work as it must; services are never paused. */
export type Cause = AgentBecameUnhealthy['cause'];

export type ComponentHealthEvent =
  | DomainEvent<'became-known', { subject: Subject; at: string }>
  | DomainEvent<'became-unhealthy', { subject: Subject; cause: Cause; detail: string; since: string }>
  | DomainEvent<'recovered', { subject: Subject; detail: string; unhealthySince: string }>
  | DomainEvent<'pause-noted', { subject: Subject; by: string; at: string }>
  | DomainEvent<'resume-noted', { subject: Subject; by: string; at: string }>;

export type ComponentHealth =
  | Readonly<{ status: 'unknown' }>
  | Readonly<{ status: 'healthy' }>
  | Readonly<{
      status: 'unhealthy';
      cause: Cause;
      /** Of the first cause, when one took the place of another. */
      since: string;
      /** Whether an operator's pause stands; it outlives a silence. */
      isPaused: boolean;
    }>;

export const unknownComponent: ComponentHealth = { status: 'unknown' };

export function evolve(state: ComponentHealth, event: ComponentHealthEvent): ComponentHealth {
  switch (event.type) {
    case 'became-known':
      return state.status === 'unknown' ? { status: 'healthy' } : state;
    case 'became-unhealthy': {
      const { cause, since } = event.data;
      return state.status === 'unhealthy'
        ? { ...state, cause }
        : { status: 'unhealthy', cause, since, isPaused: false };
    }
    case 'recovered':
      return { status: 'healthy' };
    case 'pause-noted':
      return state.status === 'unhealthy' ? { ...state, isPaused: true } : state;
    case 'resume-noted':
      return state.status === 'unhealthy' ? { ...state, isPaused: false } : state;
  }
}
