import type { Command } from '#libs/kernel';
import type { ComponentHealth, ComponentHealthEvent, Subject } from './component-health.ts';

export type NoteStart = Command<'note-start', { subject: Subject }>;
export type NotePause = Command<'note-pause', { subject: Subject; reason: string | null }>;
export type NoteResume = Command<'note-resume', { subject: Subject }>;

/** An agent that says that it began to work is known from then on. */
export function noteStart({ data, meta }: NoteStart, state: ComponentHealth): readonly ComponentHealthEvent[] {
  if (state.status !== 'unknown') return [];
  return [{ type: 'became-known', data: { subject: data.subject, at: meta.at.toISOString() } }];
}

/** A pause is the cause from then on, except of a silence: that one is worse, and stays until heartbeats come. */
export function notePause({ data, meta }: NotePause, state: ComponentHealth): readonly ComponentHealthEvent[] {
  const { subject, reason } = data;
  const at = meta.at.toISOString();
  if (state.status === 'unhealthy' && state.isPaused) return [];
  const noted: ComponentHealthEvent = { type: 'pause-noted', data: { subject, by: meta.by, at } };
  if (state.status === 'unhealthy' && state.cause !== 'failing') return [noted];
  const detail = `Paused by ${meta.by}${reason === null ? '' : `: ${reason}`}.`;
  return [{ type: 'became-unhealthy', data: { subject, cause: 'paused', detail, since: at } }, noted];
}

/** Ends the pause; the agent recovers when its heartbeats say that it runs. */
export function noteResume({ data, meta }: NoteResume, state: ComponentHealth): readonly ComponentHealthEvent[] {
  if (state.status !== 'unhealthy' || !state.isPaused) return [];
  return [{ type: 'resume-noted', data: { subject: data.subject, by: meta.by, at: meta.at.toISOString() } }];
}
