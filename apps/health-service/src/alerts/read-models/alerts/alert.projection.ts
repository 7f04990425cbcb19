import { z } from 'zod';
import { AlertAcknowledgedV1, AlertRaisedV1, AlertResolvedV1, idSchema } from '#libs/contracts';
import type { RowProjection } from '#libs/event-store';

type AlertKey = { tenant: string; alert_id: string };

/** One row of `alerts`: what lists and the dashboard show. */
export type AlertRow = AlertKey & {
  name: string;
  severity: string;
  status: 'firing' | 'acknowledged' | 'resolved';
  fingerprint: string;
  summary: string;
  description: string;
  labels: Readonly<Record<string, string>>;
  starts_at: string;
  ends_at: string | null;
  runbook: string | null;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  acknowledged_note: string | null;
  resolution: string | null;
  /** Of its raising in the log; the list's order. */
  raised_position: number;
};

const identity = z.object({ alertId: idSchema });

export const alertProjection: RowProjection<AlertKey, AlertRow> = {
  name: 'health.alerts',
  version: 1,
  table: 'alerts',
  keyColumns: ['tenant', 'alert_id'],
  handles: new Set(['health.alert-raised', 'health.alert-acknowledged', 'health.alert-resolved']),
  keysOf: (event) => [{ tenant: event.tenant, alert_id: identity.parse(event.data).alertId }],
  evolve(row, event, key) {
    switch (event.type) {
      case 'health.alert-raised': {
        const { name, severity, fingerprint, summary, description, labels, startsAt, runbook } =
          AlertRaisedV1.data.parse(event.data);
        return {
          ...key,
          name,
          severity,
          status: 'firing',
          fingerprint,
          summary,
          description,
          labels,
          starts_at: startsAt,
          ends_at: null,
          runbook: runbook ?? null,
          acknowledged_by: null,
          acknowledged_at: null,
          acknowledged_note: null,
          resolution: null,
          raised_position: event.position,
        };
      }
      case 'health.alert-acknowledged': {
        const { by, at, note } = AlertAcknowledgedV1.data.parse(event.data);
        return (
          row && {
            ...row,
            status: 'acknowledged',
            acknowledged_by: by,
            acknowledged_at: at,
            acknowledged_note: note ?? null,
          }
        );
      }
      case 'health.alert-resolved': {
        const { endsAt, resolution } = AlertResolvedV1.data.parse(event.data);
        return row && { ...row, status: 'resolved', ends_at: endsAt, resolution };
      }
      default:
        return undefined;
    }
  },
};
