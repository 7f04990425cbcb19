import { parseArgs } from 'node:util';

/** What the process of a service is asked to do. */
export type Program = 'run' | 'migrate' | 'help';

/** The command line is wrong; the message says how. */
export class WrongUsage extends Error {}

export function usageOf(service: string): string {
  return `Usage: node main.js [--migrate | --help]

Runs ${service}-service until a signal ends it. docs/configuration.md has its settings.

  --migrate  prepare its database instead, say what was done, and end: run the migrations as the owner and give the
             service's role what it needs. Safe to run again, and from several places at once
  --help     show this

Settings of --migrate (or <name>_FILE each):
  DATABASE_URL         who the service runs as; the role is made if the owner may make roles
  DATABASE_OWNER_URL   who owns the schema; without it DATABASE_URL does
  DATABASE_ADMIN_URL   optional: who makes all roles first, and gives the owner what was somebody else's
  DATABASE_SCHEMA      the schema (default: ${service})
  BACKUP_DATABASE_URL  recovery-service: who reads everything for backups; the role is made like the others
`;
}

/** @throws WrongUsage */
export function readProgram(args: readonly string[]): Program {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { migrate: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (values.help) return 'help';
    return values.migrate ? 'migrate' : 'run';
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
