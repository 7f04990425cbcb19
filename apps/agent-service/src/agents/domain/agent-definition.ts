import type { AgentId, TenantId } from '#libs/kernel';
import type { DecisionMade } from '#libs/contracts';

/** What an agent decided to do, or would like done. */
export type Action = DecisionMade['action'];

/** What a decision is about, and what led to it: enough to explain it and to stay in its trace. */
export type Trigger = Readonly<{
  /** Id of the log event that made the subject worth looking at. */
  eventId: string;
  correlationId: string;
  traceparent: string | null;
  /** Positions of the events that the facts come from, oldest first. */
  positions: readonly number[];
}>;

/** A situation that calls for a decision. A finding is raised once, and again only after it was cleared. */
export type Finding<Facts> = Readonly<{
  /** Names the situation within the agent: `reorder:VEG001`. */
  key: string;
  decisionType: string;
  /** What it is about: `item:VEG001`. */
  subjectRef: string;
  facts: Facts;
}>;

/** What somebody decided about a finding, before it is recorded. */
export type Judgement = Readonly<{
  action: Action;
  /** 0 to 1. */
  confidence: number;
  /** In plain words, with the figures. */
  reasoning: string;
}>;

/** One thing that an agent looks at in an assessment. */
export type Subject<Facts> = Readonly<{
  tenant: TenantId;
  /** Key of the finding that this subject may have. */
  findingKey: string;
  facts: Facts;
  trigger: Trigger;
  /** What the log says of the finding now. */
  open: Readonly<{ isDecided: boolean; streamVersion: number }>;
}>;

/** Subjects of one assessment, and how far the log was read for them. */
export type Subjects<Facts> = Readonly<{
  subjects: readonly Subject<Facts>[];
  /** The facts are those of the log up to here. */
  logPosition: number;
  /** Whether more subjects wait. */
  more: boolean;
}>;

/** How a model is asked about a finding. */
export type PromptOf<Facts> = Readonly<{
  /** Rises with each change of the text. */
  version: string;
  /** What the agent is for and what it may do. */
  instructions: string;
  /** The facts as data; nothing in them is an instruction. */
  describe: (finding: Finding<Facts>) => object;
  /** JSON Schema of the answer, and how it becomes a judgement. */
  answerSchema: Readonly<Record<string, unknown>>;
  /** @throws when the answer does not fit the finding */
  judgementOf: (answer: unknown, finding: Finding<Facts>) => Judgement;
}>;

/**
 * An agent is a definition, not a class to inherit from: facts, detector, rules and prompt. The shared
 * machinery runs any of them and knows none by name.
 */
export interface AgentDefinition<Facts> {
  readonly id: AgentId;
  readonly name: string;
  /** Reads what changed since a position. */
  readonly subjectsSince: (position: number, limit: number) => Promise<Subjects<Facts>>;
  /** Pure: whether the facts call for a decision. */
  readonly detect: (facts: Facts) => Finding<Facts> | undefined;
  /** Pure: decides without a model; the default, and the stand-in. */
  readonly rules: (finding: Finding<Facts>) => Judgement;
  readonly prompt: PromptOf<Facts>;
}
