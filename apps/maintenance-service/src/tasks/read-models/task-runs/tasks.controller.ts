import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  idSchema,
  PLAIN_WORDS,
  querySubject,
  taskItemSchema,
  taskPageSchema,
  violationsOf,
  type Page,
  type TaskItem,
} from '#libs/contracts';
import { tenantId } from '#libs/kernel';
import {
  CONFIGURATION,
  CurrentPrincipal,
  Operation,
  RequestInvalid,
  requireTenant,
  type BaseConfiguration,
  type Principal,
} from '#libs/service-kit';
import { taskListQuerySchema, TaskRunQuery, type TaskListQuery } from './task-run.query.ts';

/** What can be asked about tasks. They belong to the installation, hence to its own tenant. */
@Controller('v1/tasks')
export class TasksController {
  constructor(
    @Inject(TaskRunQuery) private readonly runs: TaskRunQuery,
    @Inject(CONFIGURATION) private readonly configuration: BaseConfiguration,
  ) {}

  @Get()
  @Operation({
    summary: 'List runs of maintenance tasks, newest first',
    access: ['reader'],
    answers: { 200: { description: 'One page of runs.', schema: taskPageSchema } },
    problems: ['forbidden'],
  })
  list(
    @Query({ schema: taskListQuerySchema }) query: TaskListQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<TaskItem>> {
    requireTenant(principal, this.configuration.DEFAULT_TENANT);
    return this.runs.list(tenantId(this.configuration.DEFAULT_TENANT), query);
  }

  @Get(':taskId')
  @Operation({
    summary: 'One run of a maintenance task',
    access: ['reader'],
    answers: { 200: { description: 'The run.', schema: taskItemSchema } },
    problems: ['forbidden', 'not-found'],
  })
  one(
    @Param('taskId', { schema: idSchema }) taskId: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TaskItem> {
    requireTenant(principal, this.configuration.DEFAULT_TENANT);
    return this.runs.one(tenantId(this.configuration.DEFAULT_TENANT), taskId);
  }

  /** The list, by request and reply. @throws RequestInvalid */
  @MessagePattern(querySubject('maintenance', 'list-tasks'))
  answer(@Payload() payload: unknown): Promise<Page<TaskItem>> {
    const query = taskListQuerySchema.safeParse(payload, PLAIN_WORDS);
    if (!query.success) throw new RequestInvalid(violationsOf(query.error.issues));
    return this.runs.list(tenantId(this.configuration.DEFAULT_TENANT), query.data);
  }
}
