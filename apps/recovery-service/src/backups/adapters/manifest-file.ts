import { z } from 'zod';
import { countSchema, instantSchema, sha256Schema } from '#libs/contracts';
import type { BackupManifest } from '../domain/backup-ports.ts';

const manifestSchema = z.object({
  formatVersion: z.literal(1),
  backupId: z.string(),
  attempt: z.int().positive(),
  startedAt: instantSchema,
  completedAt: instantSchema,
  database: z.string(),
  serverVersion: z.string(),
  dumpVersion: z.string(),
  tables: z.array(z.object({ table: z.string(), rows: countSchema })),
  logs: z.array(
    z.object({
      log: z.string(),
      lane: z.int().nonnegative(),
      epoch: countSchema,
      position: countSchema,
      hash: sha256Schema,
      lastPosition: countSchema,
    }),
  ),
  fileName: z.string(),
  location: z.string(),
  sizeBytes: countSchema,
  sha256: sha256Schema,
});

/** For people, too: one figure per line. */
export function manifestText(manifest: BackupManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** @throws SyntaxError or ZodError when the file was changed */
export function parseManifest(text: string): BackupManifest {
  return manifestSchema.parse(JSON.parse(text));
}
