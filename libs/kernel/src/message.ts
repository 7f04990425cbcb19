/** A fact that has happened. Past tense, immutable, never deleted. */
export type DomainEvent<Type extends string = string, Data extends object = object> = Readonly<{
  type: Type;
  data: Readonly<Data>;
}>;

/** A request that may be refused. Imperative mood. */
export type Command<Type extends string = string, Data extends object = object> = Readonly<{
  type: Type;
  data: Readonly<Data>;
  meta: CommandMeta;
}>;

export type CommandMeta = Readonly<{
  /** When the command was issued. Deciders take their time from here; they never read a clock. */
  at: Date;
  /** Person, key, agent or service that asked: `key:till-7`, `agent:inventory_agent`, `service:maintenance`. */
  by: string;
}>;
