import type { MigrationInterface } from 'typeorm';
import { AppendFunction2026112300001 } from './append-function.ts';
import { EpochStart2026112300006 } from './epoch-start.ts';
import { LogTables2026112200001 } from './log-tables.ts';
import { ProjectionVersions2026112300003 } from './projection-versions.ts';
import { SignedHeads2026112300002 } from './signed-heads.ts';
import { Snapshots2026112300004 } from './snapshots.ts';

/** All migrations of a log, in their order; a service's own follow them. */
export const LOG_MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  LogTables2026112200001,
  AppendFunction2026112300001,
  SignedHeads2026112300002,
  ProjectionVersions2026112300003,
  Snapshots2026112300004,
  EpochStart2026112300006,
];
