import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { BusUnavailable } from '../errors.ts';
import { appliedValues, withNote } from './applied-note.ts';
import {
  isSame,
  shown,
  standardOf,
  valuesOf,
  type ConfigValue,
  type ConfigValues,
  type FieldRules,
} from './config-values.ts';
import { plan, type Difference, type Plan } from './plan.ts';
import { ProvisioningRefused } from './provisioning.errors.ts';

/** What happened to a stream or consumer; told, since nothing is changed silently. */
export type ProvisioningChange = Readonly<{
  kind: 'stream' | 'consumer';
  name: string;
  /** `noted`: it was as wanted already, and only what was applied is written down anew. */
  action: 'created' | 'updated' | 'noted';
  /** Each field that was changed, as people read it. */
  differences: readonly Readonly<{ field: string; from: string; to: string }>[];
  /** What the change does to messages that are there. */
  warnings: readonly string[];
}>;

/** A feature newer than nats-server 2.9 that was asked for and is not there. */
export type UnsupportedFeature = Readonly<{
  kind: 'stream' | 'consumer';
  name: string;
  field: string;
  wanted: string;
  /** How it is known: what the client or the server said, or that the server left it out. */
  reason: string;
}>;

export type ProvisioningListener = Readonly<{
  onChange?: (change: ProvisioningChange) => void;
  onUnsupported?: (feature: UnsupportedFeature) => void;
}>;

type Echo = Readonly<Record<string, unknown>>;

/** One stream or consumer, and how to talk about it with the server. */
export type Target = Readonly<{
  kind: 'stream' | 'consumer';
  name: string;
  rules: FieldRules;
  wanted: ConfigValues;
  /** What versions before the note applied. */
  beforeNotes: ConfigValues;
  /** The description, for people. */
  text: string;
  editCommand: string;
  replace: string;
  read: () => Promise<Echo | undefined>;
  create: (config: Echo) => Promise<Echo>;
  update: (config: Echo) => Promise<Echo>;
  drift: (explanations: readonly string[]) => Error;
  /** What a change does to messages that are there, when it does something. */
  warning?: (difference: Difference) => string | undefined;
}>;

/** Another service was quicker: what it made is looked at anew. By the server's codes. */
const RACES: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamNotFound,
  JetStreamApiCodes.ConsumerNotFound,
  10013, // consumer name already in use
  10058, // stream name already in use, with another configuration
  10148, // consumer already exists
  10149, // consumer does not exist
]);
const NO_LEADER = 10008;
const ATTEMPTS = 6;

/**
 * Makes what is missing and changes what this system itself applied, however many do so at once.
 * @returns what was asked for and is not there
 * @throws StreamDrift ConsumerDrift ProvisioningRefused BusUnavailable
 */
export async function settle(
  target: Target,
  listener: ProvisioningListener = {},
): Promise<readonly UnsupportedFeature[]> {
  const unsupported: UnsupportedFeature[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (!(await isSettled(target, unsupported, listener))) continue;
    for (const feature of unsupported) listener.onUnsupported?.(feature);
    return unsupported;
  }
  throw new ProvisioningRefused(`${target.kind} ${target.name}`, 'others change it at the same time, again and again');
}

/** What {@link settle} would do now. */
export async function outlook(target: Target, unsupported: readonly UnsupportedFeature[] = []): Promise<Plan> {
  return decide(target, await found(target), unsupported);
}

function decide(target: Target, echo: Echo | undefined, unsupported: readonly UnsupportedFeature[]): Plan {
  const { rules, editCommand, replace, beforeNotes } = target;
  const noted = echo && appliedValues(echo['description'], rules);
  const isOfBefore = echo !== undefined && (echo['description'] ?? '') === '';
  return plan({
    rules,
    editCommand,
    replace,
    wanted: possible(target, unsupported),
    existing: echo && valuesOf(echo, rules),
    applied: noted ?? (isOfBefore ? beforeNotes : undefined),
    isNoted: noted !== undefined,
  });
}

/** What is wanted, without what the server cannot do. */
function possible({ rules, kind, name, wanted }: Target, unsupported: readonly UnsupportedFeature[]): ConfigValues {
  const missing = new Set(
    unsupported.filter((feature) => feature.kind === kind && feature.name === name).map(({ field }) => field),
  );
  return Object.fromEntries(
    Object.entries(wanted).map(([field, value]) => [
      field,
      missing.has(field) ? (rules[field]?.absent ?? value) : value,
    ]),
  );
}

async function isSettled(
  target: Target,
  unsupported: UnsupportedFeature[],
  listener: ProvisioningListener,
): Promise<boolean> {
  const echo = await found(target);
  const decided = decide(target, echo, unsupported);
  if (decided.action === 'nothing') return true;
  if (decided.action === 'refuse') throw target.drift(decided.explanations);
  const request = requestFor(target, decided, { echo, unsupported });
  const answer = await send(target, decided.action, request);
  if (answer === 'race') return false;
  const missing = 'refused' in answer ? answer.missing : leftOut(target, request.newer, answer.echo);
  unsupported.push(...missing);
  if ('refused' in answer) return false;
  mustBeTaken(target, request.sent, { echo: answer.echo, except: missing });
  tell(target, decided, { listener, missing });
  return request.newer.length === 0;
}

type SentFields = readonly (readonly [field: string, value: ConfigValue])[];
type Request = Readonly<{
  config: Echo;
  sent: SentFields;
  /** Those that nats-server 2.9 does not have. */
  newer: SentFields;
}>;

/** Only what is to be changed is sent: newer servers refuse what they do not know, and older ones ignore it. */
function requestFor(
  target: Target,
  decided: Extract<Plan, { action: 'create' | 'update' }>,
  { echo, unsupported }: Readonly<{ echo: Echo | undefined; unsupported: readonly UnsupportedFeature[] }>,
): Request {
  const { rules, text } = target;
  const wanted = possible(target, unsupported);
  const isStandard = ([field, value]: readonly [string, ConfigValue]): boolean => isSame(value, rules[field]?.absent);
  const changed = new Set(decided.action === 'update' ? decided.differences.map(({ field }) => field) : []);
  const sent = Object.entries(wanted).filter((entry) =>
    decided.action === 'create' ? !isStandard(entry) : changed.has(entry[0]),
  );
  const newer = sent.filter((entry) => rules[entry[0]]?.newer === true && !isStandard(entry));
  // A newer feature is noted only after the server has shown that it has it.
  const before = echo ? valuesOf(echo, rules) : standardOf(rules);
  const noted: Record<string, ConfigValue> = { ...wanted };
  for (const [field, value] of newer) noted[field] = before[field] ?? value;
  return {
    sent,
    newer,
    config: { ...Object.fromEntries(sent), description: withNote(echo?.['description'], text, noted, rules) },
  };
}

type Answer = 'race' | Readonly<{ echo: Echo }> | Readonly<{ refused: true; missing: readonly UnsupportedFeature[] }>;

async function send(target: Target, action: 'create' | 'update', { config, newer }: Request): Promise<Answer> {
  try {
    return { echo: await target[action](config) };
  } catch (error) {
    if (isAway(error, target)) throw new BusUnavailable(error);
    if (error instanceof JetStreamApiError && RACES.has(error.code)) return 'race';
    if (!(error instanceof JetStreamApiError) && !isOfClient(error, newer)) throw new BusUnavailable(error);
    if (newer.length === 0) throw new ProvisioningRefused(`${target.kind} ${target.name}`, error);
    // Whether the newer feature is to blame shows when it is left out.
    const reason = error instanceof Error ? error.message : String(error);
    return {
      refused: true,
      missing: newer.map(([field, value]) => unsupportedFeature(target, field, { value, reason })),
    };
  }
}

/** A cluster that elects its leader, or a consumer whose stream is not there: its relay makes it again. */
function isAway(error: unknown, { kind }: Target): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  return error.code === NO_LEADER || (kind === 'consumer' && error.code === JetStreamApiCodes.StreamNotFound);
}

/** The client itself refuses a feature that it knows the server to lack, and names it. */
function isOfClient(error: unknown, newer: SentFields): boolean {
  return newer.some(([field]) => error instanceof Error && error.message.includes(`'${field}'`));
}

function leftOut(target: Target, newer: SentFields, echo: Echo): readonly UnsupportedFeature[] {
  const values = valuesOf(echo, target.rules);
  return newer
    .filter(([field, value]) => !isSame(values[field], value))
    .map(([field, value]) => {
      const reason = `the server answered with ${shown(target.rules, field, values[field])}`;
      return unsupportedFeature(target, field, { value, reason });
    });
}

function unsupportedFeature(
  { kind, name, rules }: Target,
  field: string,
  { value, reason }: Readonly<{ value: ConfigValue; reason: string }>,
): UnsupportedFeature {
  return { kind, name, field, wanted: shown(rules, field, value), reason };
}

/** @throws ProvisioningRefused when the server made something else of a field that every server knows */
function mustBeTaken(
  { kind, name, rules }: Target,
  sent: SentFields,
  { echo, except }: Readonly<{ echo: Echo; except: readonly UnsupportedFeature[] }>,
): void {
  const values = valuesOf(echo, rules);
  const other = sent.find(
    ([field, value]) => !isSame(values[field], value) && !except.some((feature) => feature.field === field),
  );
  if (!other) return;
  const [field, value] = other;
  const made = `it made ${shown(rules, field, values[field])} of ${field} ${shown(rules, field, value)}`;
  throw new ProvisioningRefused(`${kind} ${name}`, made);
}

function tell(
  { kind, name, rules, warning }: Target,
  decided: Plan,
  { listener, missing }: Readonly<{ listener: ProvisioningListener; missing: readonly UnsupportedFeature[] }>,
): void {
  const all = decided.action === 'update' ? decided.differences : [];
  const made = all.filter(({ field }) => !missing.some((feature) => feature.field === field));
  const action = decided.action === 'create' ? 'created' : made.length === 0 ? 'noted' : 'updated';
  listener.onChange?.({
    kind,
    name,
    action,
    differences: made.map(({ field, from, to }) => ({
      field,
      from: shown(rules, field, from),
      to: shown(rules, field, to),
    })),
    warnings: made.flatMap((difference) => warning?.(difference) ?? []),
  });
}

async function found({ read }: Target): Promise<Echo | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw new BusUnavailable(error);
    if (error.code === JetStreamApiCodes.StreamNotFound || error.code === JetStreamApiCodes.ConsumerNotFound)
      return undefined;
    throw error.code === NO_LEADER ? new BusUnavailable(error) : error;
  }
}
