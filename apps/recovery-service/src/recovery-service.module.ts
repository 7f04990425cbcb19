import { Module } from '@nestjs/common';
import { EventTypes, projectRows, type Database, type EventStore } from '#libs/event-store';
import { eventOutlet } from '#libs/messaging';
import { CONFIGURATION, DATABASE, EVENT_STORE, LOGGER, type Logger, type ServiceParts } from '#libs/service-kit';
import { Backups2026112200301 } from '../migrations/0001-backups.ts';
import { backupCodec } from './backups/adapters/backup-codec.ts';
import { LocalBackupStore } from './backups/adapters/local-backup-store.ts';
import { PostgresDumper } from './backups/adapters/postgres-dumper.ts';
import { PostgresVerifier } from './backups/adapters/postgres-verifier.ts';
import { BACKUP_TOOLS, WORKER_RUNTIME } from './backups/backups.tokens.ts';
import { BackupCommands } from './backups/commands/backup-commands.ts';
import { BackupRequests } from './backups/commands/backup-requests.ts';
import { RequestBackupController } from './backups/commands/request-backup.controller.ts';
import type { BackupTools } from './backups/domain/backup-ports.ts';
import { backupPublication } from './backups/publications/backup.publications.ts';
import { BackupProgress } from './backups/reactions/backup-progress.ts';
import { BackupWorker, type WorkerRuntime } from './backups/reactions/backup-worker.ts';
import { MakeBackup } from './backups/reactions/make-backup.ts';
import { RequestDailyBackupReaction } from './backups/reactions/request-daily-backup.reaction.ts';
import { BackupRow } from './backups/read-models/backups/backup.entity.ts';
import { BackupsController } from './backups/read-models/backups/backups.controller.ts';
import { BackupsHealth } from './backups/read-models/backups/backups.health.ts';
import { backupsProjection } from './backups/read-models/backups/backups.projection.ts';
import { BackupsQuery } from './backups/read-models/backups/backups.query.ts';
import type { RecoveryConfiguration } from './config.ts';

@Module({
  controllers: [RequestBackupController, BackupsController, RequestDailyBackupReaction],
  providers: [
    BackupRequests,
    BackupCommands,
    BackupProgress,
    MakeBackup,
    BackupWorker,
    BackupsQuery,
    BackupsHealth,
    { provide: BACKUP_TOOLS, inject: [CONFIGURATION], useFactory: backupTools },
    { provide: WORKER_RUNTIME, inject: [DATABASE, EVENT_STORE, LOGGER, CONFIGURATION], useFactory: workerRuntime },
  ],
})
export class RecoveryServiceModule {}

function backupTools(configuration: RecoveryConfiguration): BackupTools {
  const { BACKUP_FOLDER, PG_BIN_FOLDER, DATABASE_URL, BACKUP_DATABASE_URL = DATABASE_URL } = configuration;
  const options = {
    url: BACKUP_DATABASE_URL,
    places: { folder: PG_BIN_FOLDER, path: process.env['PATH'] ?? '' },
    environment: process.env,
  };
  return {
    files: new LocalBackupStore(BACKUP_FOLDER),
    dumper: new PostgresDumper(options),
    verifier: new PostgresVerifier(options),
  };
}

function workerRuntime(
  database: Database,
  store: EventStore,
  logger: Logger,
  { INSTANCE_ID }: RecoveryConfiguration,
): WorkerRuntime {
  return { database, store, logger, instanceId: INSTANCE_ID };
}

/** What recovery-service is made of. */
export const recoveryService: ServiceParts = {
  module: RecoveryServiceModule,
  migrations: [Backups2026112200301],
  eventTypes: new EventTypes(backupCodec.types),
  entities: [BackupRow],
  projections: [projectRows(backupsProjection)],
  outlets: [eventOutlet('recovery', 'EVT_RECOVERY', backupPublication)],
  background: [BackupWorker],
  follows: ['maintenance'],
};
