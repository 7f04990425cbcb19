/** `npm run agent`: shows, pauses and resumes agents through agent-service's API. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { agentPageSchema, problemSchema, type AgentItem } from '#libs/contracts';

const USAGE = `Shows the agents, or stops one and lets it go on.

  npm run agent                                   shows all agents
  npm run agent -- pause <agent> [--reason <text>]   after its current assessment
  npm run agent -- resume <agent>

  --url      where agent-service answers (default: AGENT_URL, else http://127.0.0.1:8000)
  --api-key  a key with the role operator (default: STEWARD_API_KEY; none is needed where authentication is off)
  --reason   why, for those who read it later
  --help     shows this
`;

const REQUEST_TIMEOUT_MS = 10_000;

const turnSchema = z.object({ agentId: z.string(), status: z.string() });

type Connection = Readonly<{ url: string; apiKey: string | undefined }>;

/** What the API refused, in its own words. */
class Refused extends Error {}

async function ask({ url, apiKey }: Connection, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
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

function line(agent: AgentItem): string {
  const last = agent.lastDecisionAt === null ? 'none yet' : `the last at ${agent.lastDecisionAt}`;
  return `${agent.agentId}  ${agent.status} since ${agent.since}; ${agent.decisions} decisions, ${last}; decides by ${agent.decidesBy}`;
}

async function run(
  connection: Connection,
  command: string | undefined,
  agent: string | undefined,
  reason?: string,
): Promise<void> {
  if (command === undefined || command === 'list') {
    const { data } = agentPageSchema.parse(await ask(connection, 'GET', '/v1/agents'));
    for (const item of data) console.log(line(item));
    return;
  }
  if ((command !== 'pause' && command !== 'resume') || agent === undefined)
    throw new Refused(`Unknown command.\n\n${USAGE}`);
  const path = `/v1/agents/${encodeURIComponent(agent)}/${command}`;
  const { agentId, status } = turnSchema.parse(
    await ask(connection, 'POST', path, reason === undefined ? {} : { reason }),
  );
  console.log(`${agentId} is ${status}.`);
  if (command === 'pause') {
    console.log('health-service raises the alert agent-unhealthy; "npm run agent -- resume" ends it.');
  }
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string', default: process.env['AGENT_URL'] ?? 'http://127.0.0.1:8000' },
        'api-key': { type: 'string' },
        reason: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    const connection = {
      url: values.url.replace(/\/+$/, ''),
      apiKey: values['api-key'] ?? process.env['STEWARD_API_KEY'],
    };
    await run(connection, positionals[0], positionals[1], values.reason);
    return 0;
  } catch (error) {
    const isNetwork = error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
    console.error(
      isNetwork
        ? 'agent-service does not answer. Does it run, and is --url right?'
        : String(error instanceof Error ? error.message : error),
    );
    return 1;
  }
}

process.exitCode = await main();
