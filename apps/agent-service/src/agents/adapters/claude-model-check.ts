import { NotFoundError } from '@anthropic-ai/sdk';
import type { HealthStatus } from '#libs/service-kit';
import type { ClaudeClient, ClaudeModel } from './claude-client.ts';
import { failureOf } from './claude-failures.ts';

/** Whether the configured model can decide, and for how long. */
export type ModelVerdict = Readonly<{
  status: HealthStatus;
  /** ISO 8601. */
  retiresAt?: string;
  /** In words, with what to do. */
  trouble?: string;
}>;

/** Asks the API whether the model exists, can answer in a schema, and when it retires. Never rejects: not knowing is no trouble of the model. */
export async function checkClaudeModel(client: ClaudeClient, model: string): Promise<ModelVerdict> {
  try {
    return verdictOn(model, await client.describeModel());
  } catch (error) {
    if (error instanceof NotFoundError) {
      return unusable(`Claude knows no model ${model}: the rules decide. Set CLAUDE_MODEL to one of its models.`);
    }
    return { status: 'healthy', trouble: `The model ${model} could not be checked: ${failureOf(error).reason}.` };
  }
}

function verdictOn(model: string, { lifecycle, retiresAt, hasStructuredOutputs }: ClaudeModel): ModelVerdict {
  if (lifecycle === 'retired') {
    return unusable(`The model ${model} is retired: the rules decide. Set CLAUDE_MODEL to a current model.`);
  }
  if (hasStructuredOutputs === false) {
    return unusable(
      `The model ${model} cannot answer in a schema: the rules decide. Set CLAUDE_MODEL to one that can.`,
    );
  }
  if (lifecycle === 'active' && retiresAt === undefined) return { status: 'healthy' };
  const when = retiresAt === undefined ? 'at a date that is not set yet' : `on ${retiresAt.slice(0, 10)}`;
  return {
    status: 'degraded',
    trouble: `The model ${model} retires ${when}. Set CLAUDE_MODEL to another model before that.`,
    ...(retiresAt === undefined ? {} : { retiresAt }),
  };
}

function unusable(trouble: string): ModelVerdict {
  return { status: 'unhealthy', trouble };
}
