import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#libs/kernel';
import { redactText, runWithCorrelation, withSpan } from '#libs/observability';
import { CLOCK } from '#libs/service-kit';
import { BACKUP_TOOLS } from '../backups.tokens.ts';
import { BackupCommands, type BackupOrder, type BackupRef } from '../commands/backup-commands.ts';
import type { BackupManifest, BackupTools, CopyRef } from '../domain/backup-ports.ts';
import { BackupStepFailed } from '../domain/backup.errors.ts';
import type { Backup } from '../domain/backup.ts';
import { BackupProgress } from './backup-progress.ts';

type Job = Readonly<{ ref: BackupRef; causationId: string; signal: AbortSignal }>;
type Running = Extract<Backup, { status: 'running' }>;
type Completed = Extract<Backup, { status: 'completed' }>;

/** Carries one backup on from wherever the log says that it stands, until it is proven or has failed. */
@Injectable()
export class MakeBackup {
  constructor(
    @Inject(BackupCommands) private readonly commands: BackupCommands,
    @Inject(BACKUP_TOOLS) private readonly tools: BackupTools,
    @Inject(BackupProgress) private readonly progress: BackupProgress,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** To be called before the first run by whoever has become the one worker. */
  async prepare(): Promise<void> {
    await this.tools.verifier.removeLeftovers();
  }

  /**
   * Works until the backup is over. What it throws leaves the backup as it is, for another attempt.
   * @returns whether there was anything to do
   */
  async run(ref: BackupRef, signal: AbortSignal): Promise<boolean> {
    const { id, metadata } = await this.commands.origin(ref);
    const { correlationId, traceparent } = metadata;
    const parent = traceparent === undefined ? {} : { traceparent };
    return runWithCorrelation({ correlationId, tenant: ref.tenant, causationId: id }, () =>
      withSpan('make backup', { parent }, () => this.carryOn({ ref, causationId: id, signal })),
    );
  }

  private async carryOn(job: Job): Promise<boolean> {
    let backup = await this.commands.load(job.ref);
    let didWork = false;
    while (backup.status === 'running' || backup.status === 'completed') {
      job.signal.throwIfAborted();
      backup = backup.status === 'running' ? await this.write(job, backup) : await this.prove(job, backup);
      didWork = true;
    }
    return didWork;
  }

  private async write(job: Job, backup: Running): Promise<Backup> {
    const finished = await this.finishedCopy(backup);
    if (finished) return this.issue(job, completion(finished));
    const begun = await this.issue(job, { type: 'begin-attempt', data: {} });
    if (begun.status !== 'running') return begun;
    const { attempt } = begun;
    return this.orFail(job, attempt, async () => completion(await this.dump(job, { ...job.ref, attempt })));
  }

  /** The latest attempt's copy, when the process died after it was whole and before the log knew. */
  private async finishedCopy({ backupId, attempt }: Running): Promise<BackupManifest | undefined> {
    return attempt === 0 ? undefined : this.tools.files.manifestOf({ backupId, attempt });
  }

  private async dump({ signal }: Job, { backupId, attempt }: CopyRef): Promise<BackupManifest> {
    const { files, dumper } = this.tools;
    const copy = { backupId, attempt };
    await files.discardBefore(copy);
    const startedAt = this.clock.now().toISOString();
    const { saved, facts, source } = await dumper.dump(
      (content, databaseBytes) =>
        files.writeDump(copy, this.progress.counted(content, { backupId, stage: 'dump' }), databaseBytes),
      signal,
    );
    const completedAt = this.clock.now().toISOString();
    const manifest: BackupManifest = {
      formatVersion: 1,
      ...copy,
      startedAt,
      completedAt,
      ...source,
      ...facts,
      ...saved,
    };
    await files.writeManifest(manifest);
    return manifest;
  }

  private async prove(job: Job, { backupId, copy, sha256 }: Completed): Promise<Backup> {
    const begun = await this.issue(job, { type: 'begin-attempt', data: {} });
    if (begun.status !== 'completed') return begun;
    const { attempt } = begun;
    return this.orFail(job, attempt, async () => {
      const manifest = await this.manifestToProve({ backupId, attempt: copy }, sha256);
      const startedAtMs = this.clock.now().getTime();
      const read = (): AsyncIterable<Uint8Array> =>
        this.progress.counted(this.tools.files.readDump(manifest), { backupId, stage: 'verify' });
      const checks = await this.tools.verifier.verify(manifest, read, job.signal);
      const durationMs = Math.max(0, this.clock.now().getTime() - startedAtMs);
      return { type: 'verify-backup', data: { attempt, checks, durationMs } };
    });
  }

  /** The manifest is a file that anyone may have changed since; the log says which one is meant. */
  private async manifestToProve(copy: CopyRef, sha256: string): Promise<BackupManifest> {
    const manifest = await this.readManifest(copy);
    if (manifest?.sha256 === sha256) return manifest;
    const what = manifest ? `names another dump (sha256 ${manifest.sha256}, the log says ${sha256})` : 'is missing';
    throw new BackupStepFailed('verify', `The manifest of backup ${copy.backupId} ${what}. Request a new backup.`);
  }

  private async readManifest(copy: CopyRef): Promise<BackupManifest | undefined> {
    try {
      return await this.tools.files.manifestOf(copy);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BackupStepFailed('verify', `The manifest of backup ${copy.backupId} can't be read: ${why}`, error);
    }
  }

  /** Issues what the step leads to; a step that failed in a foreseen way fails the backup. */
  private async orFail(job: Job, attempt: number, step: () => Promise<BackupOrder>): Promise<Backup> {
    let order: BackupOrder;
    try {
      order = await step();
    } catch (error) {
      // Whoever ends the process ends its programs, too: that is no failure of the backup.
      job.signal.throwIfAborted();
      if (!(error instanceof BackupStepFailed)) throw error;
      order = { type: 'fail-backup', data: { attempt, phase: error.phase, reason: redactText(error.message) } };
    }
    return this.issue(job, order);
  }

  private issue({ ref, causationId }: Job, order: BackupOrder): Promise<Backup> {
    return this.commands.issue(ref, order, causationId);
  }
}

function completion(manifest: BackupManifest): BackupOrder {
  const { attempt, sizeBytes, sha256, location, logs, tables } = manifest;
  const logPositions = logs.map(({ log, lane, position }) => ({ log, lane, position }));
  const tableCounts = tables.map(({ table, rows }) => ({ table, rows }));
  return { type: 'complete-backup', data: { attempt, sizeBytes, sha256, location, logPositions, tableCounts } };
}
