import type { LocalMoment, TenantId } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import type { BusinessFact, FactType } from './business-fact.ts';
import type { Finding } from './finding.ts';
import type { Schedule, Window } from './schedule.ts';

/** What a detector sees: the book as it stood at that moment of the business. */
export type Look<Book> = Readonly<{
  book: Readonly<Book>;
  settings: BusinessSettings;
  tenant: TenantId;
  /** The business's time, milliseconds since 1970. */
  atMs: number;
  /** The same by its calendar and clock. */
  local: LocalMoment;
  /** Of the last fact in the book. */
  logPosition: number;
}>;

/** After a fact was entered in the book. */
export type FactLook<Book> = Look<Book> & Readonly<{ fact: BusinessFact }>;
/** At a turn of the schedule. */
export type WindowLook<Book> = Look<Book> & Readonly<{ window: Window }>;

/** What a look found. */
export type Detection = Readonly<{
  /** Whom the look was about. A situation of one of them that is not among the findings is over. */
  looked: 'everything' | readonly string[];
  findings: readonly Finding[];
}>;

/** Nothing was looked at, so nothing is over either. */
export const NOTHING: Detection = { looked: [], findings: [] };

/** Finds one kind of situation or occurrence. Pure: the same book, settings and moment give the same findings. */
export type Detector<Book> = Readonly<{
  /** Unique within the agent, kebab-case: `low-cash`. */
  id: string;
  /** Of the decisions that it leads to, snake_case: `low_cash_alert`. */
  decisionType: string;
  /**
   * A situation lasts: it is decided when it opens and when its state changes, and is over when a look no longer finds
   * it. An occurrence has happened: it is decided once per fact or window, and there is nothing to clear.
   */
  kind: 'situation' | 'occurrence';
  /** For so long a situation is not decided again, unless it becomes graver. @default 0 */
  coolDownHours?: number;
  onFact?: Readonly<{ types: readonly FactType[]; look: (look: FactLook<Book>) => Detection }>;
  onSchedule?: Readonly<{ schedule: Schedule; look: (look: WindowLook<Book>) => Detection }>;
}>;
