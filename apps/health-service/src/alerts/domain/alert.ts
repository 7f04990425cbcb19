import type { AlertAcknowledged, AlertRaised, AlertResolved } from '#libs/contracts';
import type { DomainEvent } from '#libs/kernel';

/** `alert-acknowledged` repeats name and severity, since they are part of the subject that subscribers chose. */
export type AlertEvent =
  | DomainEvent<'alert-raised', AlertRaised>
  | DomainEvent<'alert-acknowledged', AlertAcknowledged & Pick<AlertRaised, 'name' | 'severity'>>
  | DomainEvent<'alert-resolved', AlertResolved>;

/** One trouble, by the fingerprint of its labels; each time it comes back is another episode, with an alert of its own. */
export type Alert =
  | Readonly<{ status: 'quiet'; episodes: number }>
  | Readonly<{ status: 'firing' | 'acknowledged'; episodes: number; raised: AlertRaised }>;

export const noAlert: Alert = { status: 'quiet', episodes: 0 };

export function evolve(alert: Alert, event: AlertEvent): Alert {
  switch (event.type) {
    case 'alert-raised':
      return { status: 'firing', episodes: alert.episodes + 1, raised: event.data };
    case 'alert-acknowledged':
      return alert.status === 'quiet' ? alert : { ...alert, status: 'acknowledged' };
    case 'alert-resolved':
      return { status: 'quiet', episodes: alert.episodes };
  }
}

/** `<fingerprint>-<episode>` */
export function alertIdOf(fingerprint: string, episode: number): string {
  return `${fingerprint}-${episode}`;
}

const ALERT_ID = /^([0-9a-f]{16})-([1-9]\d{0,8})$/;

/** Reads an id that `alertIdOf` wrote; `undefined` for any other text. */
export function partsOfAlertId(
  alertId: string,
): { readonly fingerprint: string; readonly episode: number } | undefined {
  const [, fingerprint, episode] = ALERT_ID.exec(alertId) ?? [];
  return fingerprint === undefined || episode === undefined ? undefined : { fingerprint, episode: Number(episode) };
}
