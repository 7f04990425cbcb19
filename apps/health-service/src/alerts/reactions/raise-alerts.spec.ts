import { describe, expect, it } from '@jest/globals';
import { Snapshots, type Append, type EventStore, type RecordedEvent } from '#libs/event-store';
import { fixedClock, sequentialIds } from '#libs/testing';
import { AlertCommands } from '../commands/alert-commands.ts';
import { RaiseAlerts } from './raise-alerts.reaction.ts';

const since = '2026-03-02T08:59:50.000Z';
const ids = sequentialIds(1);

function recorded(type: string, data: object): RecordedEvent {
  return {
    id: ids.next(),
    type: `health.${type}`,
    tenant: 'demo',
    data: { agentId: 'inventory_agent', detail: 'why', ...data },
    metadata: { correlationId: 'of-the-cause', actor: 'service:health', occurredAt: '2026-03-02T09:00:00.000Z' },
  } as unknown as RecordedEvent;
}

const unhealthy = (cause: string): RecordedEvent => recorded('agent-became-unhealthy', { cause, since });
const recovered = (): RecordedEvent => recorded('agent-recovered', { unhealthySince: since });

/** Reacts to one batch on an empty log; what would be appended is not readable before the commit. */
async function react(...events: RecordedEvent[]): Promise<Append[]> {
  const appended: Append[] = [];
  const store = { readStream: () => Promise.resolve([]) } as unknown as EventStore;
  const nothing = { query: () => Promise.resolve([]) };
  const snapshots = new Snapshots({ database: nothing, onFailure: () => undefined });
  const reaction = new RaiseAlerts(new AlertCommands(store, fixedClock(), sequentialIds(), snapshots));
  await reaction.apply(events, {
    query: () => Promise.resolve([]),
    append: (append) => appended.push(append),
  });
  return appended;
}

const shapeOf = ({ expected, events }: Append): object => ({ expected, types: events.map(({ type }) => type) });

describe('alerts of a batch of events', () => {
  it('see what the events before them decided', async () => {
    const appended = await react(unhealthy('silent'), unhealthy('silent'), recovered(), unhealthy('silent'));

    expect(appended.map(shapeOf)).toEqual([
      { expected: 'no-stream', types: ['health.alert-raised'] },
      { expected: 1, types: ['health.alert-resolved'] },
      { expected: 2, types: ['health.alert-raised'] },
    ]);
  });

  it('end when another cause takes their place', async () => {
    const appended = await react(unhealthy('paused'), unhealthy('silent'));

    expect(appended.flatMap(({ events }) => events.map(({ type, data }) => ({ type, data })))).toMatchObject([
      { type: 'health.alert-raised', data: { severity: 'warning' } },
      {
        type: 'health.alert-resolved',
        data: { severity: 'warning', resolution: 'Another cause took its place: silent.' },
      },
      { type: 'health.alert-raised', data: { severity: 'critical', startsAt: since } },
    ]);
  });

  it('carry the correlation of their cause, and its id', async () => {
    const event = unhealthy('silent');
    const [append] = await react(event);

    expect(append?.metadata).toMatchObject({
      correlationId: 'of-the-cause',
      causationId: event.id,
      actor: 'service:health',
    });
  });
});
