import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { currentCorrelation, injectContext } from '#libs/observability';
import { ReservedHeader } from './bus.errors.ts';
import { HEADER } from './relay/message-headers.ts';

export type BusHeaders = Readonly<Record<string, string>>;

/** Headers that steer the server: a stray `Nats-Rollup` purges a subject, a stray `Nats-Msg-Id` makes it drop messages. */
const SERVER_HEADER = /^nats-/i;

/** All headers with lower-case names; the last of several values counts. */
export function headerValues(values: MsgHdrs | undefined): BusHeaders {
  const result: Record<string, string> = {};
  for (const [name, [...all]] of values ?? []) {
    const value = all.at(-1);
    if (value !== undefined) result[name.toLowerCase()] = value;
  }
  return result;
}

/**
 * Header values as the NATS client wants them. What steers the server is said by the options of a publication instead.
 * @throws ReservedHeader for names that begin with `Nats-`
 */
export function natsHeaders(values: BusHeaders): MsgHdrs {
  const result = headers();
  for (const [name, value] of Object.entries(values)) {
    if (SERVER_HEADER.test(name)) throw new ReservedHeader(name);
    result.set(name, value);
  }
  return result;
}

/** Trace, correlation and cause of the work that runs, as headers; empty outside of any. */
export function contextHeaders(): BusHeaders {
  const result: Record<string, string> = {};
  injectContext(result);
  const { correlationId, causationId } = currentCorrelation() ?? {};
  if (correlationId !== undefined) result[HEADER.correlationId] = correlationId;
  if (causationId !== undefined) result[HEADER.causationId] = causationId;
  return result;
}
