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
export { findNatsServer, findPostgresBinaries, findServerBinaries } from './find-server-binaries.ts';
export type { PostgresBinaries, SearchPlaces, ServerBinaries } from './find-server-binaries.ts';
export { freePort, isPortFree } from './free-port.ts';
export { logTail, openLog } from './log-file.ts';
export { startNatsServer } from './nats.ts';
export type { EmbeddedNats, NatsOptions } from './nats.ts';
export { killOwned } from './ownership.ts';
export { spawnOwned } from './owned-process.ts';
export type { OwnedProcess, OwnedProcessOptions, ProcessExit } from './owned-process.ts';
export { startPostgres } from './postgres.ts';
export type { EmbeddedPostgres, PostgresOptions, PostgresStopMode } from './postgres.ts';
export { commandOf, isAlive } from './processes.ts';
export { waitUntil } from './wait-until.ts';
export { startThrowAwayNats, startThrowAwayPostgres } from './throw-away.ts';
export type { ThrowAway } from './throw-away.ts';
