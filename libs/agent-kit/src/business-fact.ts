import type { LocalMoment, TenantId } from '#libs/kernel';
import type { OutcomeRecorded, ParsedBusinessEvent } from '#libs/contracts';

/** Where and when a fact stands. */
export type FactPlace = Readonly<{
  tenant: TenantId;
  /** In the log. */
  position: number;
  eventId: string;
  correlationId: string;
  traceparent: string | null;
  /** When it happened, milliseconds since 1970; never after it was recorded unless the business's clock is simulated. */
  atMs: number;
  /** The same by calendar and clock of the business. */
  local: LocalMoment;
}>;

type Said<Event> =
  Event extends Readonly<{ type: infer Type; data: infer Data }> ? Readonly<{ type: Type; data: Data }> : never;

/** Whether a decision was right, as somebody found later. */
export type OutcomeFact = Readonly<{ type: 'steward.agent.outcome-recorded.v1'; data: OutcomeRecorded }>;

/** What an agent learns of: something happened in the business, or an outcome was recorded. `type` narrows `data`. */
export type BusinessFact = FactPlace & (Said<ParsedBusinessEvent> | OutcomeFact);

/** The type of a fact: the contract's, with its version. */
export type FactType = BusinessFact['type'];
/** A fact of one type. */
export type FactOf<Type extends FactType> = Extract<BusinessFact, Readonly<{ type: Type }>>;
