import type { EventType } from '#libs/event-store';

export const OUTCOME_RECORDED = 'agent.outcome-recorded';
export const OUTCOME_EVENT_TYPES: readonly EventType[] = [{ type: OUTCOME_RECORDED, version: 1 }];
