import { describe, expect, it } from '@jest/globals';
import { readProgram, usageOf, WrongUsage } from './program.ts';

describe('the command line of a service', () => {
  it.each([
    [[], 'run'],
    [['--migrate'], 'migrate'],
    [['--help', '--migrate'], 'help'],
    [['-h'], 'help'],
  ])('%j means %s', (args, program) => {
    expect(readProgram(args)).toBe(program);
  });

  it.each([[['--migrat']], [['migrate']], [['--migrate=yes']]])('refuses %j rather than run', (args) => {
    expect(() => readProgram(args)).toThrow(WrongUsage);
  });

  it('explains every setting that it takes', () => {
    for (const name of ['DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_ADMIN_URL', 'BACKUP_DATABASE_URL']) {
      expect(usageOf('agent')).toContain(name);
    }
  });
});
