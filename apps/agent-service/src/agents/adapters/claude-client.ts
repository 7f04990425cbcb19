import Anthropic from '@anthropic-ai/sdk';
import { UnusableAnswer } from '#libs/agent-kit';

export type ClaudeSettings = Readonly<{
  ANTHROPIC_API_KEY: string;
  ANTHROPIC_BASE_URL?: string | undefined;
  CLAUDE_MODEL: string;
  CLAUDE_TIMEOUT_MS: number;
}>;

export type ClaudeQuestion = Readonly<{
  instructions: string;
  /** Sent as JSON, between markers: data, never instructions. */
  facts: object;
  answerSchema: Readonly<Record<string, unknown>>;
}>;

export type ClaudeAnswer = Readonly<{
  answer: unknown;
  model: string;
  inputTokens: number;
  outputTokens: number;
}>;

/** What the API says of a model. */
export type ClaudeModel = Readonly<{
  lifecycle: 'active' | 'deprecated' | 'retired';
  /** ISO 8601; absent while no date is set. */
  retiresAt?: string;
  /** Absent when the API does not say. */
  hasStructuredOutputs?: boolean;
}>;

/** What the API says of models is asked once, beside the start. */
const DESCRIBE_TIMEOUT_MS = 10_000;
/** Thinking counts against it: too small an allowance gives truncated JSON. */
const MAX_TOKENS = 4_096;

/** One question to Claude, one JSON answer. Retries and limits are the caller's. */
export class ClaudeClient {
  private readonly anthropic: Anthropic;
  private readonly settings: ClaudeSettings;

  constructor(settings: ClaudeSettings) {
    this.settings = settings;
    this.anthropic = new Anthropic({
      apiKey: settings.ANTHROPIC_API_KEY,
      baseURL: settings.ANTHROPIC_BASE_URL ?? null,
      timeout: settings.CLAUDE_TIMEOUT_MS,
      maxRetries: 0,
      logLevel: 'off',
      // The SDK makes the span; trace ids and baggage stay in this house.
      openTelemetry: { propagation: false },
    });
  }

  /** @throws Anthropic.APIError; UnusableAnswer for a refused, truncated or unreadable answer */
  async ask({ instructions, facts, answerSchema }: ClaudeQuestion, signal: AbortSignal): Promise<ClaudeAnswer> {
    const message = await this.anthropic.messages.create(
      {
        model: this.settings.CLAUDE_MODEL,
        max_tokens: MAX_TOKENS,
        system: instructions,
        messages: [{ role: 'user', content: `<facts>\n${JSON.stringify(facts)}\n</facts>` }],
        output_config: { format: { type: 'json_schema', schema: { ...answerSchema } } },
      },
      { signal },
    );
    if (message.stop_reason !== 'end_turn')
      throw new UnusableAnswer(`it stopped with ${message.stop_reason ?? 'nothing'}`);
    const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
    const { usage } = message;
    return {
      answer: parsed(text),
      model: message.model,
      // The sum of the three is the whole input (prices differ, see the price table of a later issue).
      inputTokens: usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
      outputTokens: usage.output_tokens,
    };
  }

  /** What the API says of the model in use. @throws Anthropic.APIError */
  async describeModel(): Promise<ClaudeModel> {
    const info = await this.anthropic.models.retrieve(this.settings.CLAUDE_MODEL, null, {
      timeout: Math.min(DESCRIBE_TIMEOUT_MS, this.settings.CLAUDE_TIMEOUT_MS),
    });
    return {
      lifecycle: info.lifecycle,
      ...(info.retires_at === null ? {} : { retiresAt: info.retires_at }),
      ...(info.capabilities === null ? {} : { hasStructuredOutputs: info.capabilities.structured_outputs.supported }),
    };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnusableAnswer(`it is no JSON (${error instanceof Error ? error.message : 'unreadable'})`);
  }
}
