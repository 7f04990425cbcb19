import { Inject, Injectable } from '@nestjs/common';
import { LessThan, LessThanOrEqual, type DataSource, type FindOptionsWhere, type Repository } from 'typeorm';
import {
  listQuerySchema,
  nameSchema,
  taskItemSchema,
  taskStatusSchema,
  type Page,
  type TaskItem,
} from '#libs/contracts';
import type { TenantId } from '#libs/kernel';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { z } from 'zod';
import { TaskNotFound } from '../../domain/maintenance-task.errors.ts';
import { TaskRunEntity } from './task-run.entity.ts';

/** Filters of the list of tasks; all that are given must hold. */
export const taskListQuerySchema = listQuerySchema.extend({
  task: nameSchema.optional().describe('e.g. daily-backup'),
  status: taskStatusSchema.optional(),
});
export type TaskListQuery = Readonly<z.output<typeof taskListQuerySchema>>;

/** Reads `task_runs`. */
@Injectable()
export class TaskRunQuery {
  private readonly runs: Repository<TaskRunEntity>;

  constructor(@Inject(DATA_SOURCE) dataSource: DataSource) {
    this.runs = dataSource.getRepository(TaskRunEntity);
  }

  /** Newest first. @throws RequestInvalid for a cursor that this list did not give */
  async list(tenant: TenantId, query: TaskListQuery): Promise<Page<TaskItem>> {
    const { task, status, after, limit } = query;
    const where: FindOptionsWhere<TaskRunEntity> = {
      tenant,
      ...(task === undefined ? {} : { task }),
      ...(status === undefined ? {} : { status }),
      ...(after === undefined ? {} : { position: LessThan(placeOfCursor(after, z.int().positive())) }),
    };
    const found = await this.runs.find({ where, order: { position: 'desc' }, take: limit + 1 });
    return pageOfRows({ rows: found, limit, itemOf, placeOf: ({ position }) => position });
  }

  /** @throws TaskNotFound */
  async one(tenant: TenantId, taskId: string): Promise<TaskItem> {
    const found = await this.runs.findOneBy({ tenant, taskId });
    if (!found) throw new TaskNotFound(taskId);
    return itemOf(found);
  }

  /** All attempts of a period, oldest first. */
  async ofPeriod(tenant: TenantId, task: string, period: string): Promise<readonly TaskItem[]> {
    const found = await this.runs.find({ where: { tenant, task, period }, order: { position: 'asc' } });
    return found.map(itemOf);
  }

  /** The latest period before one for which anything is known. */
  async lastPeriodBefore(tenant: TenantId, task: string, period: string): Promise<string | undefined> {
    const found = await this.runs.findOne({
      where: { tenant, task, period: LessThan(period) },
      order: { period: 'desc' },
    });
    return found?.period;
  }

  /** Ids of attempts that run since a time or longer. */
  async runningSince(tenant: TenantId, time: Date): Promise<readonly string[]> {
    const found = await this.runs.findBy({ tenant, status: 'running', startedAt: LessThanOrEqual(time) });
    return found.map(({ taskId }) => taskId);
  }
}

function itemOf({ startedAt, endedAt, ...row }: TaskRunEntity): TaskItem {
  return taskItemSchema.parse({
    ...row,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  });
}
