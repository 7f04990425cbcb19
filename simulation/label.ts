/** What the simulator planted, so that somebody can tell whether an agent found it. Nothing of it is in any event. */
export type Label = Readonly<{
  /** `label-17`; the same in every run of one story. */
  labelId: string;
  /** An anomaly is one wrong or odd record; a situation is a state of the business that calls for somebody. */
  class: 'anomaly' | 'situation';
  kind: LabelKind;
  /** `transaction:tx-20260302-7`, `cash`, `item:VEG001`; the names of the agents' subjects. */
  subjectRef: string;
  /** ISO 8601: from when on it may be decided, by the business's time. */
  at: string;
  /** ISO 8601: the latest business time by which it should be decided. */
  until: string;
  /** A decision of any of these types counts. */
  decisionTypes: readonly string[];
  /** `false`: it is right to decide it, and no fault not to. */
  isRequired: boolean;
}>;

export const ANOMALY_KINDS = [
  'unusual-amount',
  'unusual-time',
  'duplicate',
  'missing-reference',
  'consumption-spike',
  'unusual-clock-record',
] as const;

export const SITUATION_KINDS = [
  'low-cash',
  'stock-out',
  'low-stock',
  'stock-shrinkage',
  'expiring-lot',
  'unreliable-supplier',
  'overdue-invoice',
  'overdue-bill',
  'overtime',
  'weekly-overtime',
  'understaffed-shift',
  'leave-request',
  'leave-conflict',
] as const;

export type LabelKind = (typeof ANOMALY_KINDS)[number] | (typeof SITUATION_KINDS)[number];
