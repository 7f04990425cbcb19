/** The ports of this capability: `BackupTools`. */
export const BACKUP_TOOLS = Symbol('backup tools');
/** What the worker runs on: `WorkerRuntime`. */
export const WORKER_RUNTIME = Symbol('backup worker runtime');
