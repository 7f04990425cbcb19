import { Inject, Injectable } from '@nestjs/common';
import { In, LessThan, Not, type DataSource } from 'typeorm';
import { backupItemSchema, idSchema, type BackupItem, type BackupStatus, type Page } from '#libs/contracts';
import { tenantId, type TenantId } from '#libs/kernel';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { BackupNotFound } from '../../domain/backup.errors.ts';
import { BackupRow } from './backup.entity.ts';

export type BackupList = Readonly<{
  tenant: TenantId;
  status?: BackupStatus | undefined;
  limit: number;
  after?: string | undefined;
}>;

const UNFINISHED: BackupStatus[] = ['running', 'completed'];

/** What can be asked about backups. Ids are UUIDv7, so their order is that of the requests. */
@Injectable()
export class BackupsQuery {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Newest first. @throws RequestInvalid when the cursor is none of ours */
  async list({ tenant, status, limit, after }: BackupList): Promise<Page<BackupItem>> {
    const rows = await this.dataSource.getRepository(BackupRow).find({
      where: {
        tenant,
        ...(status === undefined ? {} : { status }),
        ...(after === undefined ? {} : { backupId: LessThan(placeOfCursor(after, idSchema)) }),
      },
      order: { backupId: 'DESC' },
      take: limit + 1,
    });
    return pageOfRows({ rows, limit, itemOf, placeOf: ({ backupId }) => backupId });
  }

  /** @throws BackupNotFound */
  async get(tenant: TenantId, backupId: string): Promise<BackupItem> {
    const row = await this.dataSource.getRepository(BackupRow).findOneBy({ tenant, backupId });
    if (!row) throw new BackupNotFound(backupId);
    return itemOf(row);
  }

  /** What the worker does next, of any tenant. */
  async oldestUnfinished(): Promise<{ readonly tenant: TenantId; readonly backupId: string } | undefined> {
    const [row] = await this.dataSource
      .getRepository(BackupRow)
      .find({ where: { status: In(UNFINISHED) }, order: { backupId: 'ASC' }, take: 1 });
    return row && { tenant: tenantId(row.tenant), backupId: row.backupId };
  }

  /** The backup that was over last, of any tenant. */
  async latestFinished(): Promise<BackupItem | undefined> {
    const [row] = await this.dataSource
      .getRepository(BackupRow)
      .find({ where: { status: Not(In(UNFINISHED)) }, order: { backupId: 'DESC' }, take: 1 });
    return row && itemOf(row);
  }
}

/** The contract's schema leaves out what is only the row's. */
function itemOf(row: BackupRow): BackupItem {
  const times = {
    startedAt: row.startedAt.toISOString(),
    completedAt: row.completedAt?.toISOString() ?? null,
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
    failedAt: row.failedAt?.toISOString() ?? null,
  };
  return backupItemSchema.parse(Object.assign({}, row, times));
}
