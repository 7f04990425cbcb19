import type { ModelInfo } from '@anthropic-ai/sdk/resources/models';
import { z } from 'zod';

/** The one version of the API that the fake speaks: the installed SDK's. */
export const CLAUDE_API_VERSION = '2026-10-21';

export const claudeRequestBody = z.looseObject({
  model: z.string(),
  max_tokens: z.number().int(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1),
  system: z.unknown().optional(),
  stream: z.boolean().optional(),
  tool_choice: z.looseObject({ type: z.string() }).optional(),
  thinking: z.looseObject({ type: z.string() }).optional(),
  output_config: z
    .looseObject({ format: z.looseObject({ type: z.string(), schema: z.unknown() }).nullish() })
    .optional(),
});

export type ClaudeRequestBody = z.infer<typeof claudeRequestBody>;

const REMOVED_PARAMETERS = ['temperature', 'top_p', 'top_k'];
const FORCING = ['any', 'tool'];
const CONSTRAINTS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
];
const UNSUPPORTED_KEYWORDS = [...CONSTRAINTS, 'pattern', 'maxItems', 'oneOf', 'not', 'if'];

/**
 * Why the API of this version answers 400, or nothing when it takes the body: sampling parameters are gone, a tool cannot
 * be forced, current models always think, and schemas of answers are closed and free of constraints.
 */
export function complaintAbout(body: ClaudeRequestBody): string | undefined {
  const { model, tool_choice: toolChoice, thinking, stream, output_config: output } = body;
  const removed = REMOVED_PARAMETERS.find((name) => name in body);
  if (removed !== undefined) return `${removed}: Extra inputs are not permitted`;
  if (toolChoice !== undefined && FORCING.includes(toolChoice.type)) {
    return `tool_choice: type "${toolChoice.type}" is not supported by ${model}`;
  }
  if (thinking?.type === 'disabled' && !model.includes('haiku')) {
    return `thinking.type: "disabled" is not supported by ${model}`;
  }
  if (stream === true) return 'stream: this fake answers whole messages only';
  return schemaComplaint(output?.format?.schema, 'output_config.format.schema');
}

function schemaComplaint(schema: unknown, at: string): string | undefined {
  if (Array.isArray(schema))
    return firstComplaint(
      schema.map((item, index) => [String(index), item]),
      at,
    );
  if (typeof schema !== 'object' || schema === null) return undefined;
  const entries = Object.entries(schema);
  const keywords = new Map<string, unknown>(entries);
  if (keywords.get('type') === 'object' && keywords.get('additionalProperties') !== false) {
    return `${at}: For 'object' type, 'additionalProperties' must be explicitly set to false`;
  }
  const unsupported = UNSUPPORTED_KEYWORDS.find((keyword) => keywords.has(keyword));
  if (unsupported !== undefined) return `${at}: '${unsupported}' is not supported`;
  return firstComplaint(
    entries.filter(([key]) => key !== 'enum' && key !== 'const' && key !== 'required').flatMap(named),
    at,
  );
}

/** `properties` and `$defs` map names to schemas: a property may well be called `pattern`. */
function named([key, value]: readonly [string, unknown]): (readonly [string, unknown])[] {
  if ((key !== 'properties' && key !== '$defs') || typeof value !== 'object' || value === null) return [[key, value]];
  return Object.entries(value).map(([name, schema]) => [`${key}.${name}`, schema]);
}

function firstComplaint(schemas: readonly (readonly [string, unknown])[], at: string): string | undefined {
  for (const [key, schema] of schemas) {
    const complaint = schemaComplaint(schema, `${at}.${key}`);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

/** A model as `GET /v1/models/:id` describes it: active, with structured output, unless told otherwise. */
export function claudeModel(id: string, changes: Partial<ModelInfo> = {}): ModelInfo {
  const yes = { supported: true };
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: '2026-09-01T00:00:00Z',
    line: null,
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: {
      batch: yes,
      citations: yes,
      code_execution: yes,
      context_management: {
        supported: true,
        clear_thinking_20251015: yes,
        clear_tool_uses_20250919: yes,
        compact_20260112: yes,
      },
      effort: { supported: true, low: yes, medium: yes, high: yes, xhigh: yes, max: yes },
      image_input: yes,
      pdf_input: yes,
      server_tools: { supported: true, code_execution: yes, web_search: yes },
      structured_outputs: yes,
      thinking: {
        supported: true,
        types: { adaptive: yes, between_tools: yes, disabled: { supported: false }, enabled: yes },
      },
    },
    ...changes,
  };
}

/** Two current models and one at the end of its life, as of November 2026. */
export const CLAUDE_MODELS: readonly ModelInfo[] = [
  claudeModel('claude-sonnet-5-5', { line: 'sonnet' }),
  claudeModel('claude-haiku-5-5', { line: 'haiku' }),
  claudeModel('claude-sonnet-4-5', {
    line: 'sonnet',
    lifecycle: 'deprecated',
    deprecated_at: '2026-05-30T00:00:00Z',
    retires_at: '2026-11-30T00:00:00Z',
  }),
];
