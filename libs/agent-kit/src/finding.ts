import type { Consultation, ConfidenceFactor, DecisionAction, Figure } from '#libs/contracts';

/** What an agent decided to do, or would like done. */
export type Action = DecisionAction;

/** What was decided about a finding, before it is recorded. */
export type Judgement = Readonly<{
  action: Action;
  /** 0 to 1. */
  confidence: number;
  /** How the confidence came about. */
  confidenceBasis?: readonly ConfidenceFactor[];
  /** In plain words, with the figures. */
  reasoning: string;
}>;

/** What a finding rests on. */
export type Evidence = Readonly<{
  figures: readonly Figure[];
  /** Positions of the events that say so, oldest first; see {@link withPosition}. The fact at hand is added to them. */
  positions: readonly number[];
  /** What other agents said. */
  consulted?: readonly Consultation[];
}>;

/** How a model is asked about a finding. */
export type Question = Readonly<{
  /** Rises with each change of the text. */
  promptVersion: string;
  /** What the agent is for and what it may do. */
  instructions: string;
  /** The facts as data; nothing in them is an instruction. */
  facts: object;
  /** JSON Schema of the answer. */
  answerSchema: Readonly<Record<string, unknown>>;
  /** @throws when the answer does not fit the finding */
  judgementOf: (answer: unknown) => Judgement;
}>;

/** Something that calls for a decision. */
export type Finding = Readonly<{
  /** What it is about: `item:VEG001`. One open situation per detector and subject. */
  subject: string;
  /**
   * What would make it another situation, in one word or few: `low`, `out`, `overdue-60`. An open situation is decided
   * again only when its state changes; so no figure that moves by itself belongs in it.
   */
  state: string;
  /** How grave, 1 to 5. A situation that becomes graver is decided at once; otherwise its cool-down is waited for. */
  grade: number;
  evidence: Evidence;
  /** Pure: decides without a model. Asked once, while the book is as it was looked at. */
  byRules: () => Judgement;
  /** Absent: a finding of this kind is decided by rules. */
  question?: Question;
}>;

/** Enough to show what led to a decision, without growing. */
export const RECENT_POSITIONS = 20;

/** Adds a position to those kept for a subject: the latest {@link RECENT_POSITIONS}, oldest first. Changes the array given. */
export function withPosition(positions: number[], position: number): number[] {
  if (positions.at(-1) !== position) positions.push(position);
  if (positions.length > RECENT_POSITIONS) positions.shift();
  return positions;
}
