import { describe, it } from '@jest/globals';
import { given } from '#libs/testing';
import { componentHealthDecider } from './component-health.decider.ts';
import type { Cause, ComponentHealthEvent, Subject } from './component-health.ts';
import type { HeartbeatVerdict } from './heartbeat-verdict.ts';
import type { JudgeHeartbeats } from './judge-heartbeats.ts';
import type { NoteCompletedAssessment, NoteFailedAssessment } from './note-assessments.ts';
import type { NotePause, NoteResume, NoteStart } from './note-turns.ts';

describe('the health of an agent', () => {
  it('is known from its first heartbeat on', () => {
    given(componentHealthDecider).when(heartbeats('unclear')).then(known());
  });

  it('is known when it says that it started', () => {
    given(componentHealthDecider).when(start()).then(known());
    given(componentHealthDecider, known()).when(start()).thenNothing();
  });

  it('is not judged before it was heard of', () => {
    given(componentHealthDecider).when(completed()).thenNothing();
    given(componentHealthDecider).when(resume()).thenNothing();
  });

  it('turns unhealthy by silence, since its last heartbeat', () => {
    given(componentHealthDecider, known())
      .when(heartbeats('silent'))
      .then(
        became('silent', 'No heartbeat since 2026-03-02T08:59:50.000Z; it counts as silent after 10000 ms.', earlier),
      );
  });

  it('is told silent once', () => {
    given(componentHealthDecider, known(), became('silent')).when(heartbeats('silent')).thenNothing();
  });

  it('recovers from silence when its heartbeats run', () => {
    given(componentHealthDecider, known(), became('silent')).when(heartbeats('running')).then(recovered(running));
  });

  it('does not recover while heartbeats are unclear', () => {
    given(componentHealthDecider, known(), became('silent')).when(heartbeats('unclear')).thenNothing();
  });

  it('turns unhealthy at the third failed assessment in a row', () => {
    given(componentHealthDecider, known()).when(failed(2)).thenNothing();
    given(componentHealthDecider, known())
      .when(failed(3))
      .then(became('failing', '3 assessments in a row failed: no facts', noon));
  });

  it('recovers from failing by an assessment that completes, and by no heartbeat', () => {
    given(componentHealthDecider, known(), became('failing')).when(heartbeats('running')).thenNothing();
    given(componentHealthDecider, known(), became('failing'))
      .when(completed())
      .then(recovered('An assessment completed.'));
    given(componentHealthDecider, known(), became('silent')).when(completed()).thenNothing();
  });

  it('fails again after a silence when its heartbeats say so', () => {
    given(componentHealthDecider, known(), became('failing'), became('silent'))
      .when(heartbeats('failing'))
      .then(became('failing', 'it says so', noon));
  });

  it('turns unhealthy when it is paused, with who and why', () => {
    given(componentHealthDecider, known())
      .when(pause('stocktaking'))
      .then(became('paused', 'Paused by user:owner: stocktaking.', noon), pauseNoted());
  });

  it('is told paused once', () => {
    given(componentHealthDecider, known(), became('paused'), pauseNoted()).when(pause()).thenNothing();
  });

  it('recovers from a pause when it is resumed and its heartbeats run', () => {
    const paused = [known(), became('paused'), pauseNoted()];
    given(componentHealthDecider, ...paused)
      .when(heartbeats('running'))
      .thenNothing();
    given(componentHealthDecider, ...paused)
      .when(resume())
      .then(resumeNoted());
    given(componentHealthDecider, ...paused, resumeNoted())
      .when(heartbeats('running'))
      .then(recovered('It was resumed and runs again.'));
  });

  it('turns silent although it is paused, and is paused again when it comes back so', () => {
    const silentWhilePaused = [known(), became('paused'), pauseNoted(), became('silent')];
    given(componentHealthDecider, ...silentWhilePaused.slice(0, -1))
      .when(heartbeats('silent'))
      .then(
        became('silent', 'No heartbeat since 2026-03-02T08:59:50.000Z; it counts as silent after 10000 ms.', earlier),
      );
    given(componentHealthDecider, ...silentWhilePaused)
      .when(heartbeats('paused'))
      .then(became('paused', 'it says so', noon));
  });

  it('stays silent when it is paused meanwhile', () => {
    given(componentHealthDecider, known(), became('silent')).when(pause()).then(pauseNoted());
  });

  it('keeps a pause when an assessment of before it fails', () => {
    given(componentHealthDecider, known(), became('paused'), pauseNoted()).when(failed(3)).thenNothing();
  });

  it('is unhealthy since the first of its causes', () => {
    given(componentHealthDecider, known(), became('failing', 'x', earlier), became('silent', 'x', noon))
      .when(heartbeats('running'))
      .then({ type: 'recovered', data: { subject: agent, detail: running, unhealthySince: earlier.toISOString() } });
  });
});

describe('the health of a service', () => {
  it('turns unhealthy when its heartbeats say that it fails, and recovers when they say that it runs', () => {
    given(componentHealthDecider, known(service))
      .when(heartbeats('failing', service))
      .then(became('failing', 'it says so', noon, service));
    given(componentHealthDecider, known(service), became('failing', 'x', noon, service))
      .when(heartbeats('running', service))
      .then(recovered(running, service));
  });

  it('is never paused', () => {
    given(componentHealthDecider, known(service)).when(heartbeats('paused', service)).thenNothing();
  });
});

const noon = new Date('2026-03-02T09:00:00.000Z');
const earlier = new Date('2026-03-02T08:59:50.000Z');
const meta = { at: noon, by: 'user:owner' };
const agent: Subject = { kind: 'agent', name: 'inventory_agent' };
const service: Subject = { kind: 'service', name: 'agent-service' };
const running = 'Heartbeats say that it runs again.';

const heartbeats = (verdict: HeartbeatVerdict, subject = agent): JudgeHeartbeats => ({
  type: 'judge-heartbeats',
  data: { subject, verdict, lastSeenAt: earlier.toISOString(), said: 'it says so', silentAfterMs: 10_000 },
  meta,
});
const start = (): NoteStart => ({ type: 'note-start', data: { subject: agent }, meta });
const pause = (reason: string | null = null): NotePause => ({
  type: 'note-pause',
  data: { subject: agent, reason },
  meta,
});
const resume = (): NoteResume => ({ type: 'note-resume', data: { subject: agent }, meta });
const failed = (consecutiveFailures: number): NoteFailedAssessment => ({
  type: 'note-failed-assessment',
  data: { subject: agent, reason: 'no facts', consecutiveFailures, failuresUntilUnhealthy: 3 },
  meta,
});
const completed = (): NoteCompletedAssessment => ({
  type: 'note-completed-assessment',
  data: { subject: agent },
  meta,
});
const known = (subject = agent): ComponentHealthEvent => ({
  type: 'became-known',
  data: { subject, at: noon.toISOString() },
});
const became = (cause: Cause, detail = 'x', since = noon, subject = agent): ComponentHealthEvent => ({
  type: 'became-unhealthy',
  data: { subject, cause, detail, since: since.toISOString() },
});
const recovered = (detail: string, subject = agent): ComponentHealthEvent => ({
  type: 'recovered',
  data: { subject, detail, unhealthySince: noon.toISOString() },
});
const pauseNoted = (): ComponentHealthEvent => ({
  type: 'pause-noted',
  data: { subject: agent, by: 'user:owner', at: noon.toISOString() },
});
const resumeNoted = (): ComponentHealthEvent => ({
  type: 'resume-noted',
  data: { subject: agent, by: 'user:owner', at: noon.toISOString() },
});
