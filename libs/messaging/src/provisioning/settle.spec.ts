import { describe, expect, it } from '@jest/globals';
import { JetStreamApiError } from '@nats-io/jetstream';
import { BusUnavailable } from '../errors.ts';
import { appliedValues } from './applied-note.ts';
import type { ConfigValues, FieldRules } from './config-values.ts';
import { ProvisioningRefused } from './provisioning.errors.ts';
import { outlook, settle, type ProvisioningChange, type Target, type UnsupportedFeature } from './settle.ts';

type Config = Readonly<Record<string, unknown>>;

const RULES: FieldRules = {
  max_age: { absent: 0 },
  compression: { absent: 'none', newer: true },
};
const WANTED: ConfigValues = { max_age: 7, compression: 's2' };

/** A server in memory, for what no single real server does: a cluster of several versions, a leader that is away. */
class OddServer {
  config: Config | undefined;
  readonly sent: Config[] = [];
  /** What it makes of a configuration. */
  takes: (config: Config) => Config = (config) => config;

  target(changes: Partial<Target> = {}): Target {
    const put = (config: Config): Promise<Config> => {
      this.sent.push(config);
      this.config = { ...this.config, ...this.takes(config) };
      return Promise.resolve(this.config);
    };
    return {
      kind: 'stream',
      name: 'ODD',
      rules: RULES,
      wanted: WANTED,
      beforeNotes: WANTED,
      text: 'Odd.',
      editCommand: 'nats stream edit ODD',
      replace: 'Make it anew.',
      read: () => Promise.resolve(this.config),
      create: put,
      update: put,
      drift: (explanations) => new Error(explanations.join(' ')),
      ...changes,
    };
  }
}

const refusal = (code: number, description = 'no') => new JetStreamApiError({ err_code: code, code: 400, description });
const without = (field: string) => (config: Config) =>
  Object.fromEntries(Object.entries(config).filter(([name]) => name !== field));

async function settled(target: Target) {
  const changes: ProvisioningChange[] = [];
  const lacking: UnsupportedFeature[] = [];
  const unsupported = await settle(target, {
    onChange: (change) => changes.push(change),
    onUnsupported: (feature) => lacking.push(feature),
  });
  expect(unsupported).toEqual(lacking);
  return { lacking, actions: changes.map(({ action }) => action) };
}

describe('a feature above nats-server 2.9', () => {
  it('is noted only when the echoed configuration shows it', async () => {
    const server = new OddServer();

    expect(await settled(server.target())).toEqual({ lacking: [], actions: ['created', 'noted'] });

    const [first, second] = server.sent.map(({ description }) => appliedValues(description, RULES)?.['compression']);
    expect({ first, second }).toEqual({ first: 'none', second: 's2' });
  });

  it('that the server silently leaves out is told, and is no drift at the next start', async () => {
    const server = new OddServer();
    server.takes = without('compression');

    const reason = 'the server answered with none';
    const feature = { kind: 'stream', name: 'ODD', field: 'compression', wanted: 's2', reason };
    expect(await settled(server.target())).toEqual({ lacking: [feature], actions: ['created'] });
    expect((await settled(server.target())).lacking).toEqual([feature]);
    expect(await outlook(server.target(), [{ ...feature, kind: 'stream' }])).toEqual({ action: 'nothing' });
  });

  it('that a strict server refuses is left out, and what it said is told', async () => {
    const server = new OddServer();
    const { create } = server.target();
    const strict = server.target({
      create: (config) =>
        'compression' in config ? Promise.reject(refusal(10025, 'unknown field compression')) : create(config),
    });

    const { lacking } = await settled(strict);

    expect(lacking.map(({ reason }) => reason)).toEqual(['unknown field compression']);
    expect(server.config).toMatchObject({ max_age: 7 });
  });

  it('is not blamed for what fails without it as well', async () => {
    const lacking: UnsupportedFeature[] = [];
    const target = new OddServer().target({ create: () => Promise.reject(refusal(10047, 'insufficient storage')) });

    await expect(settle(target, { onUnsupported: (feature) => lacking.push(feature) })).rejects.toThrow(
      /refuses stream ODD: insufficient storage \(10047\)\. Give the server more storage/,
    );
    expect(lacking).toEqual([]);
  });
});

describe('a server', () => {
  it('that makes something else of a field that all servers know is not believed', async () => {
    const server = new OddServer();
    server.takes = (config) => ({ ...config, max_age: 8 });

    await expect(settle(server.target())).rejects.toThrow(/refuses stream ODD: it made 8 of max_age 7/);
  });

  it('is asked for what is to change, and for nothing else', async () => {
    const server = new OddServer();
    await settle(server.target());
    server.sent.length = 0;

    await settle(server.target({ wanted: { ...WANTED, max_age: 9 } }));

    expect(server.sent.map((config) => Object.keys(config))).toEqual([['max_age', 'description']]);
  });

  it.each([10058, 10059, 10148, 10149])(
    'that answers %d, since another service was quicker, is asked again',
    async (code) => {
      const server = new OddServer();
      const { create } = server.target();
      let calls = 0;
      const racing = server.target({
        create: (config) => ((calls += 1) === 1 ? Promise.reject(refusal(code)) : create(config)),
      });

      expect((await settled(racing)).actions[0]).toBe('created');
    },
  );

  it('where others change it again and again is given up', async () => {
    const target = new OddServer().target({ create: () => Promise.reject(refusal(10058)) });

    await expect(settle(target)).rejects.toThrow(ProvisioningRefused);
  });

  it.each([
    ['has no leader', refusal(10008)],
    ['does not answer', new Error('timeout')],
  ])('that %s is unavailable, whether it is asked or told', async (_, error) => {
    const fails = () => Promise.reject(error);

    await expect(settle(new OddServer().target({ read: fails }))).rejects.toThrow(BusUnavailable);
    await expect(settle(new OddServer().target({ create: fails }))).rejects.toThrow(BusUnavailable);
  });
});
