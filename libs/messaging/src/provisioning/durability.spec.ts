import { describe, expect, it } from '@jest/globals';
import { durabilityOf, type DurabilityFacts, type MonitoredServer } from './durability.ts';

const FACTS: DurabilityFacts = {
  version: '2.14.5',
  serverId: 'NABC',
  cluster: undefined,
  replicas: { stream: 'EVT_AGENT', current: 1 },
  monitored: undefined,
};
const MONITORED: MonitoredServer = {
  serverId: 'NABC',
  serverName: 'nats-0',
  version: '2.14.5',
  cluster: undefined,
  hasJetStream: true,
  syncIntervalMs: 1_000,
  isSyncAlways: false,
};

describe('what durability the broker gives', () => {
  it('is assumed, and says so, when nobody can be asked', () => {
    expect(durabilityOf(FACTS)).toEqual({
      grade: 'page-cache',
      syncIntervalMs: {
        value: 120_000,
        source: 'standard of nats-server 2.10 and later; NATS_MONITORING_URL lets this service read it',
        assumed: true,
      },
      replicas: { value: 1, source: 'stream EVT_AGENT, which has the fewest', assumed: false },
      version: { value: '2.14.5', source: 'the server that this service is connected to', assumed: false },
    });
  });

  it.each([
    ['2.9.10', undefined, 60_000, false],
    ['2.9.25', 'east', 60_000, true],
    ['2.10.0', undefined, 120_000, true],
    ['3.0.1', undefined, 120_000, true],
    ['unknown', undefined, 120_000, true],
  ])('follows from version %s in cluster %s where no page tells more', (version, cluster, value, assumed) => {
    const { grade, syncIntervalMs } = durabilityOf({ ...FACTS, version, cluster });

    expect({ grade, value: syncIntervalMs.value, assumed: syncIntervalMs.assumed }).toEqual({
      grade: 'page-cache',
      value,
      assumed,
    });
  });

  it('is read from the monitoring page', () => {
    expect(durabilityOf({ ...FACTS, monitored: MONITORED })).toMatchObject({
      grade: 'page-cache',
      syncIntervalMs: { value: 1_000, source: '/varz of nats-0', assumed: false },
    });
    expect(durabilityOf({ ...FACTS, monitored: { ...MONITORED, isSyncAlways: true } })).toMatchObject({
      grade: 'fsync',
      syncIntervalMs: { value: 0, assumed: false },
    });
  });

  it('is replicated from three copies on that are up to date', () => {
    const gradeWith = (current: number) => durabilityOf({ ...FACTS, replicas: { stream: 'ALERTS', current } }).grade;

    expect([1, 2, 3, 5].map(gradeWith)).toEqual(['page-cache', 'page-cache', 'replicated', 'replicated']);
  });

  it('is not taken from a page of another server, unless that is of the same cluster', () => {
    const monitored = { ...MONITORED, serverId: 'NXYZ', isSyncAlways: true, cluster: 'east' };

    expect(durabilityOf({ ...FACTS, monitored })).toMatchObject({
      grade: 'page-cache',
      syncIntervalMs: { assumed: true },
      problem: 'NATS_MONITORING_URL shows server nats-0, which is not the one that NATS_URL leads to',
    });
    expect(durabilityOf({ ...FACTS, cluster: 'east', monitored })).toMatchObject({ grade: 'fsync' });
  });

  it('tells why the page could not tell', () => {
    const problem = 'NATS_MONITORING_URL did not answer: connect ECONNREFUSED';

    expect(durabilityOf({ ...FACTS, monitored: { problem } })).toMatchObject({
      problem,
      syncIntervalMs: { assumed: true },
    });
    expect(durabilityOf({ ...FACTS, monitored: { ...MONITORED, hasJetStream: false } }).problem).toMatch(
      /no JetStream/,
    );
  });
});
