import type { AgentDefinition } from './agent.ts';

/** An agent whose book is nobody's business but its own; agents of unlike books stand in one list. */
export type AnyAgent = Readonly<{
  id: string;
  name: string;
  /** Hands the definition to whoever works with a book of any kind. */
  use: <Result>(work: <Book>(agent: AgentDefinition<Book>) => Result) => Result;
}>;

/** Hides what kind of book an agent keeps. */
export function anyAgent<Book>(agent: AgentDefinition<Book>): AnyAgent {
  return { id: agent.id, name: agent.name, use: (work) => work(agent) };
}
