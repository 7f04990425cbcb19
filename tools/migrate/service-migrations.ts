import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationClass } from '#libs/event-store';
import { BUS_MIGRATIONS } from '#libs/messaging';

export const SERVICES = ['agent', 'health', 'maintenance', 'recovery'] as const;
export type ServiceName = (typeof SERVICES)[number];

export function isServiceName(name: string): name is ServiceName {
  return SERVICES.some((service) => service === name);
}

function exportsOf(module: unknown): readonly unknown[] {
  return typeof module === 'object' && module !== null ? Object.values(module) : [];
}

function isMigration(value: unknown): value is MigrationClass {
  return typeof value === 'function' && /\d{13}$/.test(value.name);
}

/**
 * The migrations of a service besides those of the log: the files of its folder rather than its module, which only a
 * build can load. A spec compares the two.
 */
export async function serviceMigrations(root: string, service: ServiceName): Promise<readonly MigrationClass[]> {
  const folder = join(root, 'apps', `${service}-service`, 'migrations');
  const found: MigrationClass[] = [...BUS_MIGRATIONS];
  for (const file of readdirSync(folder)
    .filter((name) => /^\d+-.*\.ts$/.test(name))
    .sort()) {
    const module: unknown = await import(join(folder, file));
    found.push(...exportsOf(module).filter(isMigration));
  }
  return found;
}
