/** `npm run agent`: shows, pauses and resumes agents through agent-service's API. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { agentPageSchema, type AgentItem } from '#libs/contracts';
import {
  askAgentService,
  CONNECTION_OPTIONS,
  connectionOf,
  exitCodeOf,
  Refused,
  type Connection,
} from './agent-api.ts';

const USAGE = `Shows the agents, or stops one and lets it go on.

  npm run agent                                   shows all agents
  npm run agent -- pause <agent> [--reason <text>]   after its current assessment
  npm run agent -- resume <agent>

  --url      where agent-service answers (default: AGENT_URL, else http://127.0.0.1:8000)
  --api-key  a key with the role operator (default: STEWARD_API_KEY; none is needed where authentication is off)
  --reason   why, for those who read it later
  --help     shows this
`;

const turnSchema = z.object({ agentId: z.string(), status: z.string() });

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
    const { data } = agentPageSchema.parse(await askAgentService(connection, { method: 'GET', path: '/v1/agents' }));
    for (const item of data) console.log(line(item));
    return;
  }
  if ((command !== 'pause' && command !== 'resume') || agent === undefined)
    throw new Refused(`Unknown command.\n\n${USAGE}`);
  const path = `/v1/agents/${encodeURIComponent(agent)}/${command}`;
  const { agentId, status } = turnSchema.parse(
    await askAgentService(connection, { method: 'POST', path, body: reason === undefined ? {} : { reason } }),
  );
  console.log(`${agentId} is ${status}.`);
  if (command === 'pause') {
    console.log('health-service raises the alert agent-unhealthy; "npm run agent -- resume" ends it.');
  }
}

process.exitCode = await exitCodeOf(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...CONNECTION_OPTIONS, reason: { type: 'string' } },
  });
  if (values.help) console.log(USAGE);
  else await run(connectionOf(values), positionals[0], positionals[1], values.reason);
});
