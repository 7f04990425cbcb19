import { differingFields, shown, type ConfigValue, type ConfigValues, type FieldRules } from './config-values.ts';

export type Difference = Readonly<{ field: string; from: ConfigValue; to: ConfigValue }>;

export type Plan =
  | Readonly<{ action: 'create' }>
  | Readonly<{ action: 'nothing' }>
  /** Without differences, only the note of what was applied is brought up to date. */
  | Readonly<{ action: 'update'; differences: readonly Difference[] }>
  /** One explanation for each field: what it is, what it was, what is wanted, and what to do. */
  | Readonly<{ action: 'refuse'; fields: readonly string[]; explanations: readonly string[] }>;

export type PlanInput = Readonly<{
  rules: FieldRules;
  /** `nats stream edit EVT_AGENT`, which takes the flags of the rules. */
  editCommand: string;
  /** What to do when the server cannot change a field in place. */
  replace: string;
  wanted: ConfigValues;
  /** As the server has it; nothing when it has none. */
  existing: ConfigValues | undefined;
  /** What this system applied last; nothing when there is no sign that it ever did. */
  applied: ConfigValues | undefined;
  /** Whether `applied` is written down at the server as it is. */
  isNoted: boolean;
}>;

/**
 * What is to be done about one stream or consumer. Only what this system itself applied is changed: a value that somebody
 * else set is refused unless it is the wanted one.
 */
export function plan(input: PlanInput): Plan {
  const { rules, wanted, existing, applied, isNoted } = input;
  if (!existing) return { action: 'create' };
  const differing = differingFields(rules, existing, wanted);
  const foreign = applied ? new Set(differingFields(rules, existing, applied)) : new Set(Object.keys(rules));
  const drifted = differing.filter((field) => foreign.has(field));
  const unchangeable = differing.filter((field) => !foreign.has(field) && rules[field]?.fixed === true);
  const refused = [...drifted, ...unchangeable];
  if (refused.length > 0) {
    const explanations = refused.map((field) => explanation(field, input, existing));
    return { action: 'refuse', fields: refused, explanations };
  }
  if (differing.length === 0 && isNoted && foreign.size === 0) return { action: 'nothing' };
  const differences = differing.flatMap((field) => {
    const [from, to] = [existing[field], wanted[field]];
    return from === undefined || to === undefined ? [] : [{ field, from, to }];
  });
  return { action: 'update', differences };
}

function explanation(field: string, input: PlanInput, existing: ConfigValues): string {
  const { rules, wanted, applied, replace } = input;
  const rule = rules[field];
  const [is, wants, was] = [existing[field], wanted[field], applied?.[field]].map((value) =>
    shown(rules, field, value),
  );
  const setting = wanted[field] === undefined ? undefined : rule?.setting?.(wanted[field]);
  const asks = setting === undefined ? `this version needs ${wants}` : `${setting} asks for ${wants}`;
  if (applied && was === is) {
    return `${field} is ${is}, as Steward applied it, and ${asks}: no server changes it in place. ${replace}`;
  }
  const history = applied
    ? `Steward applied ${was}, so a person with the nats command line or another program has changed it since`
    : 'it has no note of Steward, so a person with the nats command line or another program made it';
  return `${field} is ${is}, and ${asks}; ${history}. ${remedy(field, input, existing)}`;
}

function remedy(field: string, { rules, wanted, editCommand, replace }: PlanInput, existing: ConfigValues): string {
  const rule = rules[field];
  const [is, wants] = [existing[field], wanted[field]];
  if (is === undefined || wants === undefined || rule === undefined) return replace;
  const keep = rule.setting === undefined ? '' : ` To keep it: ${rule.setting(is)} for every service.`;
  if (rule.fixed === true || rule.flag === undefined) return `${replace}${keep}`;
  return `To go back: ${editCommand} ${rule.flag(wants)}.${keep}`;
}
