import { assertNever, type Command, type Decider } from '#libs/kernel';
import type { AlertRaised } from '#libs/contracts';
import { AlertAlreadyResolved, AlertNotFound } from './alert.errors.ts';
import { alertIdOf, evolve, noAlert, type Alert, type AlertEvent } from './alert.ts';

export type RaiseAlert = Command<'raise-alert', Omit<AlertRaised, 'alertId'>>;
export type AcknowledgeAlert = Command<'acknowledge-alert', { alertId: string; episode: number; note: string | null }>;
export type ResolveAlert = Command<'resolve-alert', { resolution: string }>;
export type AlertCommand = RaiseAlert | AcknowledgeAlert | ResolveAlert;

/** A trouble that is known already raises nothing new. */
function raise({ data }: RaiseAlert, alert: Alert): readonly AlertEvent[] {
  if (alert.status !== 'quiet') return [];
  return [{ type: 'alert-raised', data: { alertId: alertIdOf(data.fingerprint, alert.episodes + 1), ...data } }];
}

/** Acknowledging twice is harmless; acknowledging what is over is refused. */
function acknowledge({ data, meta }: AcknowledgeAlert, alert: Alert): readonly AlertEvent[] {
  const { alertId, episode, note } = data;
  if (episode > alert.episodes) throw new AlertNotFound(alertId);
  if (alert.status === 'quiet' || episode < alert.episodes) throw new AlertAlreadyResolved(alertId);
  if (alert.status === 'acknowledged') return [];
  const { name, severity } = alert.raised;
  return [
    {
      type: 'alert-acknowledged',
      data: { alertId, by: meta.by, ...(note === null ? {} : { note }), at: meta.at.toISOString(), name, severity },
    },
  ];
}

/** The end of a trouble ends its alert, acknowledged or not. */
function resolve({ data, meta }: ResolveAlert, alert: Alert): readonly AlertEvent[] {
  if (alert.status === 'quiet') return [];
  const { alertId, name, severity, fingerprint, labels, summary, startsAt } = alert.raised;
  const { resolution } = data;
  return [
    {
      type: 'alert-resolved',
      data: {
        alertId,
        name,
        severity,
        fingerprint,
        labels,
        summary,
        startsAt,
        endsAt: meta.at.toISOString(),
        resolution,
      },
    },
  ];
}

export const alertDecider: Decider<Alert, AlertCommand, AlertEvent> = {
  initialState: noAlert,
  evolve,
  decide(command, alert) {
    switch (command.type) {
      case 'raise-alert':
        return raise(command, alert);
      case 'acknowledge-alert':
        return acknowledge(command, alert);
      case 'resolve-alert':
        return resolve(command, alert);
      default:
        return assertNever(command);
    }
  },
};
