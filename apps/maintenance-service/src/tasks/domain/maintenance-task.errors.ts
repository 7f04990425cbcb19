import { DomainError } from '#libs/kernel';

/** A second start while the first one is at work. */
export class TaskAlreadyRunning extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'tasks/already-running';
  readonly taskId: string;

  constructor(taskId: string) {
    super(`Task ${taskId} is running. Follow it at /v1/tasks/${taskId}, and ask again when it has ended.`);
    this.taskId = taskId;
  }
}

/** What a request would repeat is done; a repetition has a stream of its own. */
export class TaskAlreadyDone extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'tasks/already-done';

  constructor(name: string, status: 'completed' | 'skipped') {
    super(`${name} is ${status}. Ask for a repetition of it instead.`);
  }
}

/** No task has the id. */
export class TaskNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'tasks/not-found';

  constructor(taskId: string) {
    super(`There is no task ${taskId.slice(0, 128)}. GET /v1/tasks lists those that there are.`);
  }
}
