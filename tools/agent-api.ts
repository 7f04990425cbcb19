import { problemSchema } from '#libs/contracts';

/** How a tool reaches agent-service. */
export type Connection = Readonly<{ url: string; apiKey: string | undefined }>;
/** One request; the body is sent as JSON. */
export type ApiRequest = Readonly<{ method: 'GET' | 'POST' | 'PUT'; path: string; body?: object }>;

/** What the API refused, or a person asked wrongly; the message says what to do. */
export class Refused extends Error {}

const REQUEST_TIMEOUT_MS = 10_000;

/** The options that every tool of agent-service takes, for `parseArgs`. */
export const CONNECTION_OPTIONS = {
  url: { type: 'string', default: process.env['AGENT_URL'] ?? 'http://127.0.0.1:8000' },
  'api-key': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The connection that a command line names. */
export function connectionOf(values: Readonly<{ url: string; 'api-key'?: string | undefined }>): Connection {
  return { url: values.url.replace(/\/+$/, ''), apiKey: values['api-key'] ?? process.env['STEWARD_API_KEY'] };
}

/**
 * Asks agent-service.
 * @throws Refused in the words of the API
 */
export async function askAgentService({ url, apiKey }: Connection, request: ApiRequest): Promise<unknown> {
  const { method, path, body } = request;
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const json: unknown = await answer.json();
  if (answer.ok) return json;
  const problem = problemSchema.safeParse(json);
  throw new Refused(problem.success ? `${problem.data.title}. ${problem.data.detail}` : `HTTP ${answer.status}`);
}

/** Runs a tool's work. @returns the exit code; what went wrong is on stderr, in words */
export async function exitCodeOf(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    const isNetwork =
      (error instanceof TypeError && error.message === 'fetch failed') ||
      (error instanceof Error && error.name === 'TimeoutError');
    console.error(
      isNetwork
        ? 'agent-service does not answer. Does it run, and is --url right?'
        : String(error instanceof Error ? error.message : error),
    );
    return 1;
  }
}
