import type { Message, RefusalStopDetails, Usage } from '@anthropic-ai/sdk/resources/messages';
import type { ErrorType } from '@anthropic-ai/sdk/resources/shared';

/** What the fake does with one request. Made by `claudeAnswers`. */
export type ClaudeAnswer =
  | Readonly<{
      kind: 'message';
      text: string;
      stopReason: Message['stop_reason'];
      stopDetails: RefusalStopDetails | null;
      usage: Usage;
    }>
  | Readonly<{ kind: 'error'; status: number; error: ClaudeErrorBody; headers: Readonly<Record<string, string>> }>
  | Readonly<{ kind: 'raw'; status: number; body: string; contentType: string }>
  | Readonly<{ kind: 'never' }>
  | Readonly<{ kind: 'reset' }>
  | Readonly<{ kind: 'slow'; ms: number; answer: ClaudeAnswer }>;

export type ClaudeErrorBody = Readonly<{
  type: ErrorType;
  message: string;
  details?: Readonly<{ error_code: string }>;
}>;

type SuccessOptions = Readonly<{ usage?: Partial<Usage> }>;

const USAGE: Usage = {
  cache_creation: null,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  inference_geo: 'global',
  input_tokens: 100,
  output_tokens: 20,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: 'standard',
  speed: null,
};

/** Every way in which the real API answers that we must cope with. */
export const claudeAnswers = {
  /** A finished answer whose only text block is this value as JSON. */
  json: (value: unknown, options: SuccessOptions = {}) => message(JSON.stringify(value), 'end_turn', options),

  /** A finished answer in words. */
  text: (text: string, options: SuccessOptions = {}) => message(text, 'end_turn', options),

  /** HTTP 200 all the same: the model declines, and only `stop_reason` and `stop_details` say so. */
  refusal: (category: RefusalStopDetails['category'] = 'general_harms', explanation = 'I cannot help with that.') => ({
    ...message('', 'refusal', {}),
    stopDetails: { type: 'refusal', category, explanation } as const,
  }),

  /** HTTP 200 with half of the JSON, cut in the middle because `max_tokens` ran out. */
  truncated: (value: unknown) => {
    const whole = JSON.stringify(value);
    return message(whole.slice(0, Math.ceil(whole.length / 2)), 'max_tokens', {});
  },

  badRequest: (text = 'messages: at least one message is required') => failure(400, 'invalid_request_error', text),
  unauthenticated: () => failure(401, 'authentication_error', 'invalid authentication credentials'),
  paymentRequired: () => failure(402, 'billing_error', 'Your credit balance is too low to access the API.'),
  forbidden: () => failure(403, 'permission_error', 'Your API key does not have permission to use this resource.'),

  /** Passes by itself: the same request succeeds after this many seconds. */
  rateLimited: (retryAfterSeconds = 1) =>
    failure(429, 'rate_limit_error', 'This request would exceed your rate limit.', {
      headers: { 'retry-after': String(retryAfterSeconds) },
    }),

  /** Also a 429, but without `retry-after`: it lasts until somebody raises the limit or the month ends. */
  spendLimitReached: (
    code: 'enforced_spend_limit_reached' | 'contract_spend_limit_reached' = 'enforced_spend_limit_reached',
  ) => failure(429, 'rate_limit_error', 'Your organization has reached its spend limit.', { code }),

  overloaded: () => failure(529, 'overloaded_error', 'Overloaded'),
  serverError: () => failure(500, 'api_error', 'Internal server error'),

  /** What stands before the API answers by itself, in HTML and without a JSON body. */
  badGateway: (): ClaudeAnswer => ({
    kind: 'raw',
    status: 502,
    body: '<html>Bad gateway</html>',
    contentType: 'text/html',
  }),

  /** Accepts the request and never answers; the connection ends when the client gives up or the fake closes. */
  never: (): ClaudeAnswer => ({ kind: 'never' }),

  /** Ends the connection with a TCP reset. */
  reset: (): ClaudeAnswer => ({ kind: 'reset' }),

  /** Waits before it answers. */
  slow: (ms: number, answer: ClaudeAnswer): ClaudeAnswer => ({ kind: 'slow', ms, answer }),
} as const;

function message(text: string, stopReason: Message['stop_reason'], { usage = {} }: SuccessOptions) {
  return { kind: 'message', text, stopReason, stopDetails: null, usage: { ...USAGE, ...usage } } as const;
}

function failure(
  status: number,
  type: ErrorType,
  text: string,
  { code, headers = {} }: Readonly<{ code?: string; headers?: Readonly<Record<string, string>> }> = {},
): Extract<ClaudeAnswer, { kind: 'error' }> {
  const details = code === undefined ? {} : { details: { error_code: code } };
  return { kind: 'error', status, error: { type, message: text, ...details }, headers };
}
