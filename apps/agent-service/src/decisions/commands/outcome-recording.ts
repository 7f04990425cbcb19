import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { streamId, type Clock, type IdSource, type TenantId } from '#libs/kernel';
import { OutcomeRecordedV1, type DecisionItem, type OutcomeRequest } from '#libs/contracts';
import type { EventStore } from '#libs/event-store';
import { CLOCK, EVENT_STORE, eventMetadata, IDS } from '#libs/service-kit';
import { OUTCOME_RECORDED } from '../outcome-events.ts';

type Recording = Readonly<{ tenant: TenantId; by: string; decision: DecisionItem; outcome: OutcomeRequest }>;

/** Keeps what became of decisions; agents learn from it. */
@Injectable()
export class OutcomeRecording {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: IdSource,
  ) {}

  /**
   * A later outcome takes the place of an earlier one; the same again is no second one.
   * @returns whether it was new
   * @throws WrongExpectedVersion when somebody else recorded one at the same time
   */
  async record({ tenant, by, decision, outcome }: Recording): Promise<boolean> {
    const { decisionId, agentId, decisionType } = decision;
    const stream = streamId('decision', decisionId);
    const last = (await this.store.readStream(tenant, stream)).at(-1);
    const measuredAt = outcome.measuredAt ?? this.clock.now().toISOString();
    const kind = outcome.outcome ?? (outcome.wasRight ? 'as-expected' : 'worse');
    const data = OutcomeRecordedV1.data.parse({
      ...outcome,
      decisionId,
      agentId,
      decisionType,
      outcome: kind,
      measuredAt,
    });
    if (last && isSame(OutcomeRecordedV1.data.parse(last.data), data, outcome.measuredAt !== undefined)) return false;
    await this.store.append({
      tenant,
      streamId: stream,
      expected: last?.streamVersion ?? 'no-stream',
      events: [{ type: OUTCOME_RECORDED, typeVersion: 1, data }],
      metadata: eventMetadata({ clock: this.clock, ids: this.ids, actor: by }),
    });
    return true;
  }
}

/** When nobody said when it was measured, the time of the request makes no other outcome. */
function isSame(
  left: Readonly<{ measuredAt: string }>,
  right: Readonly<{ measuredAt: string }>,
  byTime: boolean,
): boolean {
  return isDeepStrictEqual(left, byTime ? right : { ...right, measuredAt: left.measuredAt });
}
