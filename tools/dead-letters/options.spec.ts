import { describe, expect, it } from '@jest/globals';
import { readOptions, WrongOptions } from './options.ts';

const read = (...args: string[]) => readOptions(args, {});

describe('the options of dead-letters', () => {
  it('list the dead letters of all services of this machine', () => {
    expect(read()).toMatchObject({ command: { name: 'list' }, limit: 50, waitMs: 10_000, apiKey: undefined });
    expect([...read().urls]).toEqual([
      ['agent', 'http://127.0.0.1:8000'],
      ['health', 'http://127.0.0.1:8001'],
      ['maintenance', 'http://127.0.0.1:8002'],
      ['recovery', 'http://127.0.0.1:8003'],
    ]);
  });

  it('name one message by its service and number', () => {
    expect(read('show', 'health', '17').command).toEqual({ name: 'show', service: 'health', id: 17 });
    expect(read('redrive', 'agent-service', '3').command).toEqual({ name: 'redrive', service: 'agent', id: 3 });
    expect([...read('redrive', 'agent', '3').urls.keys()]).toEqual(['agent']);
    expect(read('discard', 'agent', '3', '--reason', 'never existed').command).toEqual({
      name: 'discard',
      service: 'agent',
      id: 3,
      reason: 'never existed',
    });
  });

  it('choose what is re-driven of many', () => {
    const { command, code, failedBefore, urls } = read(
      ...['redrive', '--code', 'defect', '--before', '2026-11-22T09:30:00Z', '--service', 'health'],
    );

    expect({ command, code, failedBefore }).toEqual({
      command: { name: 'redrive-many' },
      code: 'defect',
      failedBefore: '2026-11-22T09:30:00Z',
    });
    expect([...urls.keys()]).toEqual(['health']);
  });

  it('take URLs and the key from the environment, and the command line over it', () => {
    const environment = { AGENT_URL: 'http://agent:1/', HEALTH_URL: 'http://health:2', STEWARD_API_KEY: 'stw_x' };
    const { urls, apiKey } = readOptions(['--url', 'health=https://other:3'], environment);

    expect(urls.get('agent')).toBe('http://agent:1');
    expect(urls.get('health')).toBe('https://other:3');
    expect(apiKey).toBe('stw_x');
  });

  it.each([
    [['look'], 'There is no command "look"'],
    [['list', 'agent'], 'say --service agent'],
    [['show', 'shop', '1'], 'There is no service "shop"'],
    [['show', 'agent'], 'show takes a service and the number'],
    [['show', 'agent', '0'], 'show takes a service and the number'],
    [['redrive', 'agent'], 'redrive takes a service and the number'],
    [['redrive'], 'at least one of --consumer, --code and --before'],
    [['redrive', '--before', 'noon'], '--before is "noon": must be ISO 8601'],
    [['discard', 'agent', '1'], 'discard needs --reason'],
    [['discard', 'agent', '1', '--reason', ' '], 'discard needs --reason'],
    [['show', 'agent', '1', '2'], 'Nobody knows what "2" means'],
    [['--state', 'gone'], '--state is "gone"'],
    [['--limit', '201'], '--limit is "201"'],
    [['--limit', ''], '--limit is ""'],
    [['--wait-s', '-1'], "'--wait-s' argument is ambiguous"],
    [['--url', 'http://127.0.0.1'], '--url is "http://127.0.0.1"'],
    [['--url', 'agent=ftp://x'], 'The URL of agent is "ftp://x"'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuse %j', (args, message) => {
    expect(() => read(...args)).toThrow(WrongOptions);
    expect(() => read(...args)).toThrow(message);
  });
});
