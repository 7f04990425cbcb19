import { streamId, type Clock, type IdSource, type TenantId } from '#libs/kernel';
import type { Append, NewEvent } from '#libs/event-store';
import { eventMetadata } from '#libs/service-kit';
import { ASSESSMENT_COMPLETED, ASSESSMENT_FAILED } from './finding-events.ts';

type Tools = Readonly<{ clock: Clock; ids: IdSource; home: TenantId }>;

/** What an assessment came to. */
export type AssessmentFigures = Readonly<{ logPosition: number; facts: number; decisions: number }>;

const LONGEST_REASON = 2_000;

/** How assessments of one agent look in the log. They belong to the installation, and so to its default tenant. */
export class AssessmentRecord {
  private readonly agentId: string;
  private readonly tools: Tools;

  constructor(agentId: string, tools: Tools) {
    this.agentId = agentId;
    this.tools = tools;
  }

  completed(startedAt: Date, { logPosition, facts, decisions }: AssessmentFigures): Append {
    const data = { ...this.runOf(startedAt), logPosition, subjectsAssessed: facts, findings: decisions, decisions };
    return this.append({ type: ASSESSMENT_COMPLETED, typeVersion: 1, data });
  }

  failed(startedAt: Date, reason: string, consecutiveFailures: number): Append {
    const data = { ...this.runOf(startedAt), reason: reason.slice(0, LONGEST_REASON), consecutiveFailures };
    return this.append({ type: ASSESSMENT_FAILED, typeVersion: 1, data });
  }

  private runOf(startedAt: Date): { assessmentId: string; agentId: string; startedAt: string; durationMs: number } {
    const { clock, ids } = this.tools;
    return {
      assessmentId: ids.next(),
      agentId: this.agentId,
      startedAt: startedAt.toISOString(),
      durationMs: Math.max(0, clock.now().getTime() - startedAt.getTime()),
    };
  }

  private append(event: NewEvent): Append {
    const { clock, ids, home } = this.tools;
    return {
      tenant: home,
      streamId: streamId('assessment', this.agentId),
      expected: 'any',
      events: [event],
      metadata: eventMetadata({ clock, ids, actor: `agent:${this.agentId}` }),
    };
  }
}
