import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '#libs/kernel';
import { BackupStepFailed } from '../domain/backup.errors.ts';
import type { BackupManifest, BackupStore, Content, CopyRef, StoredDump } from '../domain/backup-ports.ts';
import { manifestText, parseManifest } from './manifest-file.ts';

/** Backups hold everything that the business has: only the service's own user reads them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const PARTIAL = '.partial';

/**
 * Backups as files of one folder: `<backupId>.<attempt>.dump` and, written last, `<backupId>.<attempt>.manifest.json`.
 * A file appears under its name only when it is whole and on the disk.
 */
export class LocalBackupStore implements BackupStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async manifestOf(copy: CopyRef): Promise<BackupManifest | undefined> {
    const text = await textOrNothing(join(this.folder, manifestName(copy)));
    return text === undefined ? undefined : parseManifest(text);
  }

  async writeDump(copy: CopyRef, content: Content, expectedBytes: number): Promise<StoredDump> {
    const fileName = `${stem(copy)}.dump`;
    await this.inStorePhase(() => this.requireRoom(expectedBytes));
    const hash = createHash('sha256');
    let sizeBytes = 0;
    async function* measured(): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        hash.update(chunk);
        sizeBytes += chunk.byteLength;
        yield chunk;
      }
    }
    await this.inStorePhase(() => this.writeWhole(fileName, measured()));
    return { fileName, location: `file:${join(this.folder, fileName)}`, sizeBytes, sha256: hash.digest('hex') };
  }

  async writeManifest(manifest: BackupManifest): Promise<void> {
    const text = [Buffer.from(manifestText(manifest))];
    await this.inStorePhase(() => this.writeWhole(manifestName(manifest), text));
  }

  readDump({ fileName }: BackupManifest): Content {
    return createReadStream(join(this.folder, fileName));
  }

  async discardBefore({ backupId, attempt }: CopyRef): Promise<void> {
    await this.inStorePhase(async () => {
      await mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
      const names = await readdir(this.folder);
      for (const name of names.filter((candidate) => attemptOf(backupId, candidate) < attempt)) {
        await rm(join(this.folder, name), { force: true });
      }
    });
  }

  private async writeWhole(fileName: string, content: Content | Iterable<Uint8Array>): Promise<void> {
    const path = join(this.folder, fileName);
    // `flush` calls fsync before the file is closed: a rename that survives a power cut must not name an empty file.
    await pipeline(content, createWriteStream(`${path}${PARTIAL}`, { mode: FILE_MODE, flush: true }));
    await rename(`${path}${PARTIAL}`, path);
    await syncFolder(this.folder);
  }

  private async requireRoom(expectedBytes: number): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    const { bavail, bsize } = await statfs(this.folder);
    const freeBytes = bavail * bsize;
    if (freeBytes >= expectedBytes) return;
    throw new BackupStepFailed(
      'store',
      `${freeBytes} bytes are free where the backup goes; ${expectedBytes} may be needed. Make room or set BACKUP_FOLDER.`,
    );
  }

  private async inStorePhase<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // What the content itself failed with passes through: it was not the medium.
      if (error instanceof DomainError || !isFileError(error)) throw error;
      throw new BackupStepFailed('store', `The backup folder does not take it: ${error.message}`, error);
    }
  }
}

const stem = ({ backupId, attempt }: CopyRef): string => `${backupId}.${attempt}`;
const manifestName = (copy: CopyRef): string => `${stem(copy)}.manifest.json`;

/** The attempt that a file belongs to; of no use to compare when it is of another backup. */
function attemptOf(backupId: string, fileName: string): number {
  return fileName.startsWith(`${backupId}.`) ? Number(fileName.slice(backupId.length + 1).split('.')[0]) : Number.NaN;
}

/** Only what the file system refuses has a system call. */
function isFileError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

async function textOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isFileError(error) && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A rename is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
