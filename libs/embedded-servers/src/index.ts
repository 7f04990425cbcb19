export { dataFolderInUseBy, removeDataFolder } from './data-folder.ts';
export {
  DataFolderInUse,
  DataFolderNotOurs,
  EmbeddedServerError,
  PortTaken,
  ServerCommandFailed,
  ServerDidNotStart,
  ServerToolsMissing,
} from './errors.ts';
export { findServerBinaries } from './find-server-binaries.ts';
export type { SearchPlaces, ServerBinaries } from './find-server-binaries.ts';
export { freePort, isPortFree } from './free-port.ts';
export { logTail, openLog } from './log-file.ts';
export { startNatsServer } from './nats.ts';
export type { EmbeddedNats, NatsOptions } from './nats.ts';
export { spawnOwned } from './owned-process.ts';
export type { OwnedProcess, OwnedProcessOptions, ProcessExit } from './owned-process.ts';
export { startPostgres } from './postgres.ts';
export type { EmbeddedPostgres, PostgresOptions, PostgresStopMode } from './postgres.ts';
export { commandOf } from './processes.ts';
export { startThrowAwayNats, startThrowAwayPostgres } from './throw-away.ts';
export type { ThrowAway } from './throw-away.ts';
