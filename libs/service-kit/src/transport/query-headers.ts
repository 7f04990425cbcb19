import { BUS_TIMEOUT_HEADER, BUS_WAIT_FOR_POSITION_HEADER } from '#libs/contracts';
import { correlationId, type CorrelationId, type Violation } from '#libs/kernel';
import { HEADER, type BusHeaders } from '#libs/messaging';
import { MalformedHeaders } from './query.errors.ts';

/** What a query says in its headers; whatever it does not say is undefined. */
export type QueryHeaders = Readonly<{
  correlation: CorrelationId | undefined;
  causationId: string | undefined;
  /** How long somebody waits for the answer, from now. */
  timeoutMs: number | undefined;
  /** `<epoch>:<position>`, unread. */
  waitFor: string | undefined;
}>;

/** As the attributes of a CloudEvent, from which these come. */
const CORRELATION_ID = /^\P{Cc}{1,128}$/u;
const CAUSATION_ID = /^\P{Cc}{1,255}$/u;
const MILLISECONDS = /^\d{1,9}$/;

/** @throws MalformedHeaders */
export function queryHeaders(headers: BusHeaders): QueryHeaders {
  const violations: Violation[] = [];
  const one = (name: string, form: RegExp, rule: string): string | undefined => {
    const text = headers[name.toLowerCase()];
    if (text === undefined || form.test(text)) return text;
    violations.push({ pointer: `#/header/${name.toLowerCase()}`, detail: `must ${rule}` });
    return undefined;
  };
  const correlation = one(
    HEADER.correlationId,
    CORRELATION_ID,
    'be 1 to 128 characters, none of them control characters',
  );
  const causationId = one(HEADER.causationId, CAUSATION_ID, 'be 1 to 255 characters, none of them control characters');
  const timeout = one(BUS_TIMEOUT_HEADER, MILLISECONDS, 'be milliseconds, such as 2000');
  if (violations.length > 0) throw new MalformedHeaders(violations);
  return {
    correlation: correlation === undefined ? undefined : correlationId(correlation),
    causationId,
    timeoutMs: timeout === undefined ? undefined : Number(timeout),
    waitFor: headers[BUS_WAIT_FOR_POSITION_HEADER.toLowerCase()],
  };
}
