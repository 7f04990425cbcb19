import type { DeadLetterDetail, DeadLetterItem } from '#libs/messaging';
import type { ServiceName } from './options.ts';

const WIDEST_REASON = 160;

/** One message in the list: what it is and what it holds up. */
export function itemLines(service: ServiceName, item: DeadLetterItem): string {
  return [headline(service, item), ...failureOf(item), blockingOf(item), originOf(item)]
    .filter((line) => line !== '')
    .map((line) => shortened(line))
    .join('\n    ');
}

/** One message with all that is known of it. */
export function detailLines(service: ServiceName, item: DeadLetterDetail): string {
  const { message, violations, behind, announcedAt } = item;
  const facts = [
    headline(service, item),
    ...failureOf(item, Number.POSITIVE_INFINITY),
    ...violations.map(({ pointer, detail }) => `  ${pointer} ${detail}`),
    behind ? `It waits behind ${behind.deadLetterId}, which is ${behind.state}.` : '',
    blockingOf(item),
    originOf(item),
    announcedAt === null ? '' : `On the stream DEAD_LETTERS since ${announcedAt}.`,
    `Subject: ${item.subject}`,
    ...Object.entries(message.headers).map(([name, value]) => `${name}: ${value}`),
  ].filter((line) => line !== '');
  return `${facts.map((line) => shortened(line)).join('\n    ')}\n\n${bodyOf(message)}`;
}

function headline(
  service: ServiceName,
  { deadLetterId, state, consumer, stream, nextAttemptAt }: DeadLetterItem,
): string {
  const next = state === 'retrying' && nextAttemptAt !== null ? `, next attempt at ${nextAttemptAt}` : '';
  return `${service} ${deadLetterId}  ${state}${next}  ${consumer}${stream === null ? '' : `  ${stream}`}`;
}

function failureOf(
  { attempts, lastAttemptAt, code, reason, settled }: DeadLetterItem,
  widest = WIDEST_REASON,
): string[] {
  const times = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  const last = lastAttemptAt === null ? times : `${times}, the last at ${lastAttemptAt}`;
  return [
    code === null ? '' : `${code}: ${shortened(reason ?? '', widest)} (${last})`,
    settled === null ? '' : `Discarded by ${settled.by} at ${settled.at}: ${shortened(settled.reason, widest)}`,
  ].filter((line) => line !== '');
}

function blockingOf({ blocks: { waiting, oldest, since } }: DeadLetterItem): string {
  if (waiting === 0 || oldest === null || since === null) return '';
  const [what, verb] = waiting === 1 ? ['1 message', 'waits'] : [`${waiting} messages`, 'wait'];
  return `${what} of its stream ${verb} behind it, ${oldest} first, since ${since}.`;
}

function originOf({ source, epoch, position, stream, parkedAt, tenant }: DeadLetterItem): string {
  const place = stream === null ? `${source} ${position}` : `${source} ${position} of epoch ${epoch}`;
  return `From ${place}, tenant ${tenant ?? 'unknown'}, put aside at ${parkedAt}.`;
}

/** On one line, whatever the text contains: terminals obey control characters. */
function shortened(text: string, widest = Number.POSITIVE_INFINITY): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  return line.length > widest ? `${line.slice(0, widest - 1)}…` : line;
}

function bodyOf({ encoding, body }: DeadLetterDetail['message']): string {
  if (encoding === 'base64') return `(no text; base64) ${body}`;
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    // No JSON: perhaps that is the trouble. Shown as it is, without what a terminal would obey.
    return body.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');
  }
}
