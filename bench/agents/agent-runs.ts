import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { metrics } from '@opentelemetry/api';
import { transformSync } from '@swc/core';
import type { AgentDefinition } from '#libs/agent-kit';
import { eventId, tenantId } from '#libs/kernel';
import { createCheckpoint } from '#libs/event-store';
import { createLogger, createMetrics } from '#libs/observability';
import { rulesOnly } from '../../apps/agent-service/src/agents/domain/decision-maker.ts';
import type { AgentRun } from '../../apps/agent-service/src/agents/agent-run.ts';
import { randomUUID } from 'node:crypto';
import type { StewardLog } from '../harness/steward-log.ts';

/** Nest's decorators cannot be erased, so the only lib that has them is compiled as it is loaded. */
function compileDecorators(): void {
  registerHooks({
    load: (url, context, nextLoad) => {
      if (!url.includes('/libs/service-kit/') || !url.endsWith('.ts')) return nextLoad(url, context);
      const filename = fileURLToPath(url);
      const { code } = transformSync(readFileSync(filename, 'utf8'), {
        filename,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
        },
        module: { type: 'es6' },
      });
      return { format: 'module', source: code, shortCircuit: true };
    },
  });
}

let isCompiling = false;

/** The runs of an agent on a log, as the service makes them; rules decide, and nobody is told. */
export async function openAgentRun<Book>(
  agent: AgentDefinition<Book>,
  { database, store }: StewardLog,
): Promise<AgentRun<Book>> {
  if (!isCompiling) compileDecorators();
  isCompiling = true;
  const module = await import('../../apps/agent-service/src/agents/agent-run.ts');
  await createCheckpoint(database, module.agentCheckpoint(agent.id), 1);
  return module.AgentRun.open(agent, {
    database,
    store,
    clock: { now: () => new Date() },
    ids: { next: () => eventId(randomUUID()) },
    logger: createLogger({ service: 'bench', level: 'error', instanceId: 'bench' }),
    metrics: createMetrics(metrics.getMeter('bench')),
    maker: rulesOnly,
    home: tenantId('demo'),
  });
}

/** Lets it assess all that is in the log. @throws when a look failed: its time would say nothing */
export async function catchUp(run: Pick<AgentRun<never>, 'next'>): Promise<void> {
  const { signal } = new AbortController();
  for (;;) {
    const { hasMore, failedLooks } = await run.next(signal);
    if (failedLooks > 0) throw new Error(`${failedLooks} looks failed.`);
    if (!hasMore) return;
  }
}
