import { createHash } from 'node:crypto';
import type { Check } from '#libs/contracts';
import type { BackupManifest, BackupVerifier, Content } from '../domain/backup-ports.ts';
import { comparisons, Difference } from './compare-restored.ts';
import { connectionEnvironment } from './connection-environment.ts';
import { findPostgresPrograms, type ProgramPlaces } from './postgres-programs.ts';
import { runChecks } from './run-checks.ts';
import { feed } from './run-program.ts';
import { dropLeftOverScratch, ScratchDatabase } from './scratch-database.ts';

export type PostgresVerifierOptions = Readonly<{
  /** The database that was backed up; scratch databases are made on its server. */
  url: string;
  places: ProgramPlaces;
  /** What child processes inherit. */
  environment: NodeJS.ProcessEnv;
}>;

/** Proves a backup by restoring it beside the original and comparing. */
export class PostgresVerifier implements BackupVerifier {
  private readonly options: PostgresVerifierOptions;

  constructor(options: PostgresVerifierOptions) {
    this.options = options;
  }

  async verify(manifest: BackupManifest, read: () => Content, signal: AbortSignal): Promise<readonly Check[]> {
    const scratch = new ScratchDatabase(this.options.url, `${manifest.backupId}${manifest.attempt}`);
    try {
      return await runChecks(
        [
          { name: 'file', gate: true, run: () => compareFile(manifest, read()) },
          { name: 'scratch database', gate: true, run: () => scratch.create().then(() => 'created') },
          { name: 'restore', gate: true, run: () => this.restore(scratch, read(), signal) },
          ...comparisons(() => scratch.database, manifest),
        ],
        signal,
      );
    } finally {
      await scratch.remove();
    }
  }

  async removeLeftovers(): Promise<void> {
    await dropLeftOverScratch(this.options.url);
  }

  private async restore(scratch: ScratchDatabase, content: Content, signal: AbortSignal): Promise<string> {
    const { url, places, environment } = this.options;
    const [server] = await scratch.database.query<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    );
    const { pgRestore, version } = await findPostgresPrograms(server?.major ?? 0, places);
    // Nobody else gets into the copy; and roles belong to the server, not to the dump.
    const copied = ['--no-owner', '--no-privileges'];
    const args = ['--exit-on-error', ...copied, '--no-password', `--dbname=${scratch.name}`];
    await feed({ path: pgRestore, args, env: connectionEnvironment(url, environment, scratch.name), signal }, content);
    return `by pg_restore ${version}`;
  }
}

async function compareFile(manifest: BackupManifest, content: Content): Promise<string> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  const sha256 = hash.digest('hex');
  const { fileName } = manifest;
  if (sizeBytes !== manifest.sizeBytes) {
    throw new Difference([`${fileName} has ${sizeBytes} bytes, the manifest says ${manifest.sizeBytes}`]);
  }
  if (sha256 !== manifest.sha256) {
    throw new Difference([`${fileName} has sha256 ${sha256}, the manifest says ${manifest.sha256}`]);
  }
  return `${sizeBytes} bytes, sha256 ${sha256}`;
}
