import type { IncomingMessage } from 'node:http';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';

/** Query parameters that carry credentials in URLs of ours and of the clouds; they replace the library's own list. */
const SECRET_QUERY_PARAMETERS = [
  'api_key',
  'apikey',
  'key',
  'token',
  'access_token',
  'secret',
  'password',
  'code',
  'sig',
  'signature',
  'Signature',
  'AWSAccessKeyId',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Goog-Signature',
];

/**
 * Makes `node:http` and `pg` (TypeORM's included) emit spans and continue incoming traces.
 *
 * It needs no loader hook. `pg` is CommonJS inside, so the hook on `require` sees its files as long as they are loaded later
 * than this; built-in modules are patched by asking for them once and syncing their ESM bindings, whoever
 * imported them before. Queries and outgoing requests get a span only within one, so that polling makes no traces.
 *
 * @param quietPaths beginnings of paths whose requests make no spans: probes and scrapes
 * @returns undoes it
 */
export function instrumentDrivers(quietPaths: readonly string[]): () => void {
  const isQuiet = (request: IncomingMessage): boolean =>
    quietPaths.some((path) => request.url?.startsWith(path) ?? false);
  const http = new HttpInstrumentation({
    ignoreIncomingRequestHook: isQuiet,
    requireParentforOutgoingSpans: true,
    redactedQueryParams: SECRET_QUERY_PARAMETERS,
    redactedQueryParamsServer: SECRET_QUERY_PARAMETERS,
  });
  const pg = new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true });
  const stop = registerInstrumentations({ instrumentations: [http, pg] });
  syncPatchedBuiltins();
  return () => {
    stop();
    syncPatchedBuiltins();
  };
}

/** Whether `pg` came first: then its queries have no spans, and the program's entry has to change. */
export function isPgAlreadyLoaded(): boolean {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  return loaded.some((path) => /[\\/]node_modules[\\/]pg[\\/]lib[\\/]client\.js$/.test(path));
}

function syncPatchedBuiltins(): void {
  process.getBuiltinModule('http');
  process.getBuiltinModule('https');
  syncBuiltinESMExports();
}
