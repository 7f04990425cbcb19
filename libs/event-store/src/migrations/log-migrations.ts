import type { MigrationInterface } from 'typeorm';
import { LogTables2026112200001 } from './log-tables.ts';

/** All migrations of a log, in their order; a service's own follow them. */
export const LOG_MIGRATIONS: readonly (new () => MigrationInterface)[] = [LogTables2026112200001];
