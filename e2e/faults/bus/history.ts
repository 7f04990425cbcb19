/** An event of the producer's log. */
export type LoggedEvent = Readonly<{
  position: number;
  /** Life of the log in which it was appended. */
  epoch: number;
  slot: number;
  /** `<tenant>/<streamId>` */
  stream: string;
  /** From 1, in its stream. */
  version: number;
  /** Of the event; no two events have the same one, also not when one took the other's position after a restore. */
  id: string;
  isPublished: boolean;
  /** Whether the consumer has to append an event of its own because of it. */
  isAnswered: boolean;
}>;

/** A row that the consumer's handler wrote, in the order of its table. */
export type Effect = Readonly<{
  /** Id of the event that was handled. */
  event: string;
  stream: string;
  version: number;
  position: number;
  instance: string;
}>;

/** An event that the consumer appended to its own log. */
export type OwnEvent = Readonly<{ position: number; cause: string }>;

/** What the stream holds, in its order. */
export type BrokerMessage = Readonly<{ sequence: number; position: number; event: string }>;

/** Up to where the consumer has applied one slot of the log. */
export type InboxRow = Readonly<{ slot: number; epoch: number; position: number }>;

/** Everything that is known of a run when nothing is under way any more. */
export type History = Readonly<{
  /** Life of the log that runs now. */
  epoch: number;
  /** The whole log, in its order. */
  log: readonly LoggedEvent[];
  /** What was in the log and is not any more, since it was restored to an earlier moment. */
  voided: readonly LoggedEvent[];
  effects: readonly Effect[];
  ownEvents: readonly OwnEvent[];
  broker: readonly BrokerMessage[];
  /** Whether the stream may lack the log's beginning, since it keeps messages for some time only. */
  hasRetention: boolean;
  inbox: readonly InboxRow[];
  /** Rows of events that were applied before an earlier one of their slot. */
  aheadRows: number;
  /** What is put aside, in words, without what was discarded. */
  parked: readonly string[];
  /** Ids of events that somebody has discarded: they have no effect, and those after them in their stream do. */
  discarded: readonly string[];
}>;
