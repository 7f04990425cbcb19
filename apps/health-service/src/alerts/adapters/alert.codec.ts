import { AlertAcknowledgedV1, AlertRaisedV1, AlertResolvedV1 } from '#libs/contracts';
import { UnreadableEvent, type EventCodec, type SnapshotForm } from '#libs/event-store';
import { streamId, type StreamId } from '#libs/kernel';
import { z } from 'zod';
import type { Alert, AlertEvent } from '../domain/alert.ts';
import { alertLabels } from './alert-labels.ts';

/** The stream of all alerts with one fingerprint: its version lets only one of them fire at a time. */
export function alertStream(fingerprint: string): StreamId {
  return streamId('alert', fingerprint);
}

const TYPES: readonly AlertEvent['type'][] = ['alert-raised', 'alert-acknowledged', 'alert-resolved'];

/** How alerts look in the log: the contracts' data, and in acknowledgements the alert's name and severity. */
export const alertCodec: EventCodec<AlertEvent> = {
  types: TYPES.map((type) => ({ type: `health.${type}`, version: 1 })),
  encode: ({ type, data }) => ({ type: `health.${type}`, typeVersion: 1, data }),
  decode(event) {
    switch (event.type) {
      case 'health.alert-raised':
        return { type: 'alert-raised', data: AlertRaisedV1.data.parse(event.data) };
      case 'health.alert-acknowledged': {
        const { name, severity } = alertLabels.parse(event.data);
        return { type: 'alert-acknowledged', data: { ...AlertAcknowledgedV1.data.parse(event.data), name, severity } };
      }
      case 'health.alert-resolved':
        return { type: 'alert-resolved', data: AlertResolvedV1.data.parse(event.data) };
      default:
        throw new UnreadableEvent(event, 'it is no event of an alert');
    }
  },
};

const episodes = z.int().nonnegative();

/** A trouble that comes and goes makes its stream grow as long as it does. */
export const alertSnapshots: SnapshotForm<Alert> = {
  name: 'health.alert',
  version: 1,
  schema: z.discriminatedUnion('status', [
    z.strictObject({ status: z.literal('quiet'), episodes }),
    z.strictObject({ status: z.enum(['firing', 'acknowledged']), episodes, raised: AlertRaisedV1.data }),
  ]),
};
