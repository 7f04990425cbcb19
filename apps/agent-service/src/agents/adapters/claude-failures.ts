import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { MINUTE_MS, SECOND_MS } from '#libs/kernel';
import { UnusableAnswer } from '#libs/agent-kit';

/** What a failed call of Claude means for the next one. */
export type CallFailure = Readonly<{
  /** In words, for `fallbackReason`. */
  reason: string;
  /** The same call may succeed in a moment. */
  isTransient: boolean;
  /** From `retry-after`, in milliseconds; at most what a decision can wait. */
  retryAfterMs?: number;
  /** No call can succeed for this long: a wrong key, no money, a spend limit, a long `retry-after`. In milliseconds. */
  blockedForMs?: number;
}>;

const TRANSIENT_STATUS = new Set([408, 409, 429, 500, 502, 503, 504, 529]);
/** Somebody has to act before calls can succeed again. */
const BLOCKING_STATUS = new Set([401, 402, 403]);
/** https://platform.claude.com/docs: a 429 with one of these codes has no retry-after, and retrying cannot help. */
const SPEND_LIMIT_CODES = new Set(['enforced_spend_limit_reached', 'contract_spend_limit_reached']);
const BLOCKED_MS = 5 * MINUTE_MS;
/** A decision waits no longer than this for another try; the rules decide, and nobody asks before the time is over. */
const LONGEST_WAIT_MS = 30 * SECOND_MS;

/** Reads what went wrong with a call. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof UnusableAnswer) return { reason: error.message, isTransient: false };
  if (error instanceof Anthropic.APIUserAbortError) return { reason: 'the call was cancelled', isTransient: false };
  if (error instanceof Anthropic.APIConnectionTimeoutError)
    return { reason: 'Claude did not answer in time', isTransient: true };
  if (error instanceof Anthropic.APIConnectionError)
    return { reason: 'Claude could not be reached', isTransient: true };
  if (isApiError(error)) return apiFailure(error);
  return { reason: error instanceof Error ? error.message : String(error), isTransient: false };
}

type ApiError = APIError;

/** The SDK's class has type parameters that `instanceof` cannot know. */
function isApiError(error: unknown): error is ApiError {
  return error instanceof APIError;
}

function apiFailure(error: ApiError): CallFailure {
  const status = error.status ?? 0;
  const code = error.errorCode ?? error.type ?? 'unknown';
  const reason = `Claude answered ${status} (${code})`;
  if (BLOCKING_STATUS.has(status) || SPEND_LIMIT_CODES.has(code)) {
    return { reason, isTransient: false, blockedForMs: BLOCKED_MS };
  }
  const isTransient = TRANSIENT_STATUS.has(status);
  const retryAfterMs = retryAfterOf(error.headers);
  if (retryAfterMs === undefined) return { reason, isTransient };
  return retryAfterMs > LONGEST_WAIT_MS
    ? { reason, isTransient: false, blockedForMs: retryAfterMs }
    : { reason, isTransient, retryAfterMs };
}

function retryAfterOf(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * SECOND_MS : undefined;
}
