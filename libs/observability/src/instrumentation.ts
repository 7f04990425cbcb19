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

const PG_FILE = /[\\/]node_modules[\\/](?:pg[\\/]lib[\\/]client|pg-pool[\\/]index)\.js$/;

/**
 * Makes `node:http` and `pg` (TypeORM's included) emit spans and continue incoming traces.
 *
 * It needs no loader hook and no order of imports: `pg` is CommonJS inside, so the hook on `require` sees its files, those
 * loaded before included; built-in modules are patched by asking for them once and syncing their ESM bindings.
 * Queries and outgoing requests get a span only within one, so that polling makes no traces.
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
  patchLoadedPg();
  return () => {
    stop();
    syncPatchedBuiltins();
  };
}

/** Asking once more for a file that is already loaded runs the hook on it; its classes are patched where everybody has them. */
function patchLoadedPg(): void {
  // From anywhere: the files are asked for by their full paths, and a bundle has no place of its own.
  const load = createRequire(process.execPath);
  for (const file of Object.keys(load.cache)) if (PG_FILE.test(file)) load(file);
}

function syncPatchedBuiltins(): void {
  process.getBuiltinModule('http');
  process.getBuiltinModule('https');
  syncBuiltinESMExports();
}
