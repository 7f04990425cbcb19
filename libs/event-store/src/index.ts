export { CommandHandler } from './command-handler.ts';
export type { CommandOutcome, CommandTarget, SnapshotOptions } from './command-handler.ts';
export { canonicalJson, fingerprintOf } from './canonical-form.ts';
export {
  AppendQueueFull,
  IdempotencyKeyReused,
  StoreUnavailable,
  UnstorableEvent,
  WrongExpectedVersion,
  StoreFull,
} from './errors.ts';
export type { EventCodec } from './event-codec.ts';
export { position, START } from './event-store.ts';
export type {
  Append,
  AppendResult,
  EventMetadata,
  EventStore,
  ExpectedVersion,
  NewEvent,
  Position,
  PreparedStatement,
  Queryable,
  ReadAllOptions,
  RecordedEvent,
  Transaction,
} from './event-store.ts';
export { readLogProgress } from './log-progress.ts';
export type { LogProgress } from './log-progress.ts';
export { Database } from './postgres/database.ts';
export type { DatabaseOptions } from './postgres/database.ts';
export { LeasedWork } from './postgres/leased-work.ts';
export type { LeasedWorkOptions } from './postgres/leased-work.ts';
export { acquireLease, releaseLease } from './postgres/leases.ts';
export type { Lease } from './postgres/leases.ts';
export { keepUpLog } from './postgres/log-upkeep.ts';
export type { LogUpkeepResult } from './postgres/log-upkeep.ts';
export { migrate, readModelDataSource } from './postgres/migrate.ts';
export type { DataSourceOptions, EntityClass, MigrationClass } from './postgres/migrate.ts';
export { PostgresEventStore } from './postgres/postgres-event-store.ts';
export type { PostgresEventStoreOptions } from './postgres/postgres-event-store.ts';
export { migrateService } from './roles/migrate-service.ts';
export type { ServiceMigration } from './roles/migrate-service.ts';
export { prepareSchema } from './roles/prepare-schema.ts';
export type { PreparedSchema, SchemaOptions } from './roles/prepare-schema.ts';
export { LoginRefused, RightsMissing, RoleMayAlterEvents, RoleUnnamed, SchemaOutOfDate } from './roles/role-errors.ts';
export { Snapshots } from './snapshots/snapshots.ts';
export type { SnapshotForm, SnapshotsOptions } from './snapshots/snapshots.ts';
export type { RebuildReport } from './rebuild/background-rebuild.ts';
export { differs, summaryOf } from './rebuild/compare-rows.ts';
export type { RowComparison, RowDifference } from './rebuild/compare-rows.ts';
export { rebuildUnderLease } from './rebuild/leased-rebuild.ts';
export { ProjectionRebuild } from './rebuild/projection-rebuild.ts';
export type { Comparison, RebuildOptions, RebuildOutcome } from './rebuild/projection-rebuild.ts';
export { registerProjection, rollBackProjection } from './rebuild/projection-registry.ts';
export type { Registration, RolledBack, Standing } from './rebuild/projection-registry.ts';
export type { RebuildProgress } from './rebuild/rebuild-progress.ts';
export { ProjectionRefused, RebuildDiffers, RebuildTakenOver, SwitchHeldUp } from './rebuild/rebuild.errors.ts';
export { createCheckpoint, lockCheckpoint, moveCheckpoint, readCheckpoint } from './subscriptions/checkpoints.ts';
export { beginEpoch, currentEpoch, sharedUpTo, storeLives } from './subscriptions/epochs.ts';
export type { CarriedCheckpoint, StoreLife } from './subscriptions/epochs.ts';
export { LogTail } from './subscriptions/log-tail.ts';
export type { LogReader, LogTailOptions } from './subscriptions/log-tail.ts';
export type { ProjectedTable, RowProjection } from './subscriptions/projected-table.ts';
export { projectRows } from './subscriptions/row-projection.ts';
export type { TableSubscriber } from './subscriptions/row-projection.ts';
export { CheckpointMissing, CheckpointOfOlderEpoch } from './subscriptions/subscription.errors.ts';
export type { Checkpoint, Subscriber } from './subscriptions/subscriber.ts';
export { Subscription } from './subscriptions/subscription.ts';
export type { SubscriptionOptions, SubscriptionState, SubscriptionStatus } from './subscriptions/subscription.ts';
export { WakeSignal } from './subscriptions/wake-signal.ts';
export { EventTypes } from './upcasting/event-types.ts';
export type { EventType } from './upcasting/event-types.ts';
export { ReadableEventStore } from './upcasting/readable-event-store.ts';
export { refuseUnreadableLog } from './upcasting/refuse-unreadable-log.ts';
export { upcaster, Upcasters } from './upcasting/upcasters.ts';
export type { Upcaster, VersionedData } from './upcasting/upcasters.ts';
export { UnreadableEvent, UnreadableLog } from './upcasting/upcasting.errors.ts';
export type { UnreadableType } from './upcasting/upcasting.errors.ts';
export { HeadSigner, readSigningState } from './verification/head-signer.ts';
export type { HeadSignerOptions, SigningState } from './verification/head-signer.ts';
export type { LaneMark } from './verification/lane-walk.ts';
export type { LogProblem } from './verification/log-problem.ts';
export type { HeadStatement, SignedHead } from './verification/signed-head.ts';
export { readStoredKeys } from './verification/signed-heads.ts';
export type { NewestSignedHead, SignedHeadsSummary, StoredSigningKey } from './verification/signed-heads.ts';
export { keyIdOf, newSigningKey, publicKeysFrom, publicPemOf, signingKeyFrom } from './verification/signing-key.ts';
export type { HeadSigningKey } from './verification/signing-key.ts';
export { LogContradictsSignature, UnusableSigningKey } from './verification/verification.errors.ts';
export { verifyChain } from './verification/verify-chain.ts';
export type { ChainVerdict } from './verification/verify-chain.ts';
export { verifyLog } from './verification/verify-log.ts';
export type { LogVerdict, VerifyLogOptions, VerifyLogProgress } from './verification/verify-log.ts';
