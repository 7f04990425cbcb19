import { createHash } from 'node:crypto';

/**
 * Name of the file that says where the simulated restaurant stands. It belongs to one database: a restaurant that went on
 * in another one would sell items that were never registered there. The URL is a secret, so only its hash is in the name.
 *
 * @param givenDatabaseUrl `DATABASE_URL`; absent or empty for the embedded server
 */
export function simulationStateName(givenDatabaseUrl = ''): string {
  if (givenDatabaseUrl === '') return 'simulation.json';
  return `simulation-${createHash('sha256').update(givenDatabaseUrl).digest('hex').slice(0, 8)}.json`;
}
