/** All agents of this service: `readonly AnyAgent[]`. */
export const AGENTS = Symbol('agents');
/** Who decides about findings: `DecisionMaker`. */
export const DECISION_MAKER = Symbol('decision maker');
