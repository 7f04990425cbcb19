import type { Check } from '#libs/contracts';

/** One copy of a backup: each attempt writes its own, so that two of them never write the same file. */
export type CopyRef = Readonly<{ backupId: string; attempt: number }>;

/** Exact number of rows of one table; `table` is `<schema>.<name>`. */
export type TableCount = Readonly<{ table: string; rows: number }>;

/** Where one lane of one log stood. */
export type LogHead = Readonly<{
  /** Schema of the log. */
  log: string;
  lane: number;
  epoch: number;
  /** Of the lane's head. */
  position: number;
  /** Of the lane's head, hexadecimal. */
  hash: string;
  /** Greatest position of an event; 0 without events. */
  lastPosition: number;
}>;

/** What a database holds, as one transaction sees it. */
export type DatabaseFacts = Readonly<{ tables: readonly TableCount[]; logs: readonly LogHead[] }>;

/** A dump that is wholly on the medium. */
export type StoredDump = Readonly<{ fileName: string; location: string; sizeBytes: number; sha256: string }>;

/** What a backup must hold when it is restored. Written last: a backup without its manifest does not exist. */
export type BackupManifest = Readonly<{
  formatVersion: 1;
  backupId: string;
  attempt: number;
  startedAt: string;
  completedAt: string;
  database: string;
  serverVersion: string;
  dumpVersion: string;
}> &
  DatabaseFacts &
  StoredDump;

/** Bytes in order. */
export type Content = AsyncIterable<Uint8Array>;

/** Where backups are kept. */
export interface BackupStore {
  /** @returns nothing as long as the copy is not whole */
  manifestOf(copy: CopyRef): Promise<BackupManifest | undefined>;
  /**
   * Stores all of the content under its name, or nothing.
   * @param expectedBytes what may be needed at most; refused before anything is written when there is less room
   * @throws BackupStepFailed of phase `store`
   */
  writeDump(copy: CopyRef, content: Content, expectedBytes: number): Promise<StoredDump>;
  /** Makes the copy exist. @throws BackupStepFailed of phase `store` */
  writeManifest(manifest: BackupManifest): Promise<void>;
  readDump(manifest: BackupManifest): Content;
  /** Removes what attempts before this one left. */
  discardBefore(copy: CopyRef): Promise<void>;
}

/** What the dump says about where it comes from. */
export type DumpSource = Readonly<{ database: string; serverVersion: string; dumpVersion: string }>;

/** Makes dumps of the database. */
export interface DatabaseDumper {
  /**
   * Hands a dump to `save`, and tells what the database held at exactly the dump's moment, while others write on.
   * @throws BackupStepFailed
   */
  dump<Saved>(
    save: (content: Content, databaseBytes: number) => Promise<Saved>,
    signal: AbortSignal,
  ): Promise<{ saved: Saved; facts: DatabaseFacts; source: DumpSource }>;
}

/** Proves that a backup can be restored and holds what its manifest says. */
export interface BackupVerifier {
  /** Every check that belongs to a proof, run or not. @throws only when `signal` aborted */
  verify(manifest: BackupManifest, read: () => Content, signal: AbortSignal): Promise<readonly Check[]>;
  /** Removes what verifications left that were killed in the middle. */
  removeLeftovers(): Promise<void>;
}

/** Everything outside that a backup needs. */
export type BackupTools = Readonly<{ files: BackupStore; dumper: DatabaseDumper; verifier: BackupVerifier }>;
