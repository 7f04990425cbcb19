import { tenantId } from '#libs/kernel';
import type { TenantId } from '#libs/kernel';
import { fromSubjectToken, subjectToken } from './subject-tokens.ts';
import { tenantIdSchema } from './values.ts';

const EVENT_TYPE = /^steward\.[a-z][a-z0-9-]*\.([a-z][a-z0-9-]*)\.v[1-9][0-9]*$/;

/** The JetStream streams of the system. */
export const STREAMS = [
  'EVT_AGENT',
  'EVT_HEALTH',
  'EVT_MAINTENANCE',
  'EVT_RECOVERY',
  'BUSINESS',
  'ALERTS',
  'DEAD_LETTERS',
] as const;

/** Name of a JetStream stream of the system. */
export type StreamName = (typeof STREAMS)[number];

/** What each stream keeps. */
export const STREAM_SUBJECTS: Readonly<Record<StreamName, string>> = {
  EVT_AGENT: 'evt.agent.>',
  EVT_HEALTH: 'evt.health.>',
  EVT_MAINTENANCE: 'evt.maintenance.>',
  EVT_RECOVERY: 'evt.recovery.>',
  BUSINESS: 'business.>',
  ALERTS: 'alerts.>',
  DEAD_LETTERS: 'dead.>',
};

/** Every heartbeat; plain NATS messages that nobody keeps. */
export const ALL_HEARTBEATS = 'heartbeat.>';

/** Where an event of a service goes. */
export type EventAddress = Readonly<{
  service: string;
  tenant: string;
  /** `slotOf(tenant, streamId)` */
  slot: number;
  /** Of the stream, e.g. `item`. */
  category: string;
  /** `steward.<area>.<event>.v<n>` */
  type: string;
  streamId: string;
}>;

/** `business.<tenant>.<type>`: where a business system publishes. The dots of the type stay. */
export function businessSubject(tenant: string, type: string): string {
  return `business.${subjectToken(tenant)}.${type.split('.').map(subjectToken).join('.')}`;
}

/** Reads `business.<tenant>.<type>`; `undefined` when the subject is none, or its tenant is no tenant id. */
export function parseBusinessSubject(subject: string): Readonly<{ tenant: TenantId; type: string }> | undefined {
  const [root, tenantToken, ...typeTokens] = subject.split('.');
  if (root !== 'business' || tenantToken === undefined || typeTokens.length === 0) return undefined;
  const tenant = tenantIdSchema.safeParse(fromSubjectToken(tenantToken));
  const type = typeTokens.map(fromSubjectToken);
  if (!tenant.success || !type.every((part) => part !== undefined)) return undefined;
  return { tenant: tenantId(tenant.data), type: type.join('.') };
}

/** `evt.<service>.<tenant>.<slot>.<category>.<event>.<streamId>`: seven tokens, whatever the parts contain. */
export function eventSubject({ service, tenant, slot, category, type, streamId }: EventAddress): string {
  const tokens = [service, tenant, String(slot), category, eventNameOf(type), streamId];
  return `evt.${tokens.map(subjectToken).join('.')}`;
}

/** A filter for `eventSubject`: each part that is not given matches anything. `event` is the `<event>` of a type. */
export function eventFilter(
  parts: Readonly<Partial<Omit<EventAddress, 'type' | 'service'>> & { service: string; event?: string | undefined }>,
): string {
  const { service, tenant, slot, category, event, streamId } = parts;
  const tokens = [service, tenant, slot?.toString(), category, event, streamId];
  return `evt.${tokens.map((token) => (token === undefined ? '*' : subjectToken(token))).join('.')}`;
}

/** The `<event>` of `steward.<area>.<event>.v<n>`; a type of another form is its own name. */
export function eventNameOf(type: string): string {
  return EVENT_TYPE.exec(type)?.[1] ?? type;
}

/** `alerts.<tenant>.<severity>.<name>`: where people subscribe. */
export function alertSubject(tenant: string, severity: string, name: string): string {
  return `alerts.${[tenant, severity, name].map(subjectToken).join('.')}`;
}

/** `dead.<service>.<consumer>`: messages that this consumer gave up. */
export function deadLetterSubject(service: string, consumer: string): string {
  return `dead.${subjectToken(service)}.${subjectToken(consumer)}`;
}

/** `heartbeat.<service>.<component>`: plain messages; nobody keeps them. */
export function heartbeatSubject(service: string, component: string): string {
  return `heartbeat.${subjectToken(service)}.${subjectToken(component)}`;
}

/** `query.<service>.<query>`: request and reply. */
export function querySubject(service: string, query: string): string {
  return `query.${subjectToken(service)}.${subjectToken(query)}`;
}
