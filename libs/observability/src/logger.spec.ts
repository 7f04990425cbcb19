import { describe, expect, it } from '@jest/globals';
import { correlationId, tenantId } from '#libs/kernel';
import { runWithCorrelation } from './correlation.ts';
import { createLogger } from './logger.ts';
import type { LogLevel, Logger } from './logger.ts';

function recordingLogger(level: LogLevel = 'info'): { logger: Logger; lines: string[]; records: () => object[] } {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'agent-service',
    level,
    instanceId: 'agent-1',
    destination: { write: (line) => lines.push(line) },
  });
  return { logger, lines, records: () => lines.map((line) => JSON.parse(line) as object) };
}

describe('A logger', () => {
  it('writes one JSON object per line with time, level, service and instance', () => {
    const { logger, lines, records } = recordingLogger();

    logger.info({ position: 7 }, 'Projection caught up.');
    logger.debug('not at this level');

    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
    expect(records()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'agent-service',
      instance: 'agent-1',
      position: 7,
      msg: 'Projection caught up.',
    });
  });

  it('says whose work and which business a line belongs to, across awaits', async () => {
    const { logger, records } = recordingLogger();

    await runWithCorrelation({ correlationId: correlationId('order-7'), tenant: tenantId('pizza-7') }, async () => {
      await Promise.resolve();
      logger.info('inside');
    });
    logger.info('outside');

    expect(records()[0]).toMatchObject({ msg: 'inside', correlation_id: 'order-7', tenant: 'pizza-7' });
    expect(records()[1]).not.toHaveProperty('correlation_id');
  });

  it('redacts messages, fields, errors with causes, and what child loggers carry', () => {
    const { logger, lines, records } = recordingLogger();
    const cause = new Error('postgres://steward:hunter2@db/steward refused');
    const headers = { authorization: 'Bearer hunter2', cookie: 'session=hunter2' };

    logger.error({ err: new Error('password=hunter2', { cause }) }, 'login with token=%s failed', 'hunter2');
    logger.child({ apiKey: 'hunter2' }).warn({ headers, deep: [{ client_secret: 'hunter2' }] });
    logger.error(new Error('Bearer hunter2'));

    expect(lines.join('')).not.toContain('hunter2');
    expect(records()[0]).toMatchObject({
      msg: 'login with token=*** failed',
      err: { type: 'Error', stack: expect.stringContaining('logger.spec.ts') },
    });
    expect(records()[1]).toMatchObject({ apiKey: '***', headers: { authorization: '***', cookie: '***' } });
  });
});
