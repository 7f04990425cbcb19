import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MalformedJson } from '../problems/http.errors.ts';

export type BodyLimits = Readonly<{
  /** Largest body, in bytes. */
  bodyBytes: number;
  /** Largest `application/cloudevents-batch+json`, in bytes. */
  batchBytes: number;
}>;

/** Every JSON media type: CloudEvents in binary mode carry data of any of them. */
const ANY_JSON = /^[\w.+-]+\/(?:[\w.+-]+\+)?json(?:\s*;|$)/;

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Makes the edge read JSON media types, and nothing else: other ones are answered 415.
 * `__proto__` and `constructor.prototype` keys are refused as malformed.
 */
export function readJsonOnly(instance: FastifyInstance, limits: BodyLimits): void {
  const standard = instance.getDefaultJsonParser('error', 'error');
  const read = (request: FastifyRequest, body: Buffer, done: Done): void => {
    const text = decode(body);
    if (text === undefined) {
      done(new MalformedJson('it is not UTF-8'));
      return;
    }
    void standard(request, text, (error, value) => {
      done(error && body.length > 0 ? explain(text) : error, value);
    });
  };

  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(
    'application/cloudevents-batch+json',
    { parseAs: 'buffer', bodyLimit: limits.batchBytes },
    read,
  );
  instance.addContentTypeParser(ANY_JSON, { parseAs: 'buffer', bodyLimit: limits.bodyBytes }, read);
}

function decode(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    // The decoder has only one thing to say.
    return undefined;
  }
}

/** Parses again to learn where it went wrong; the standard parser keeps that to itself. */
function explain(text: string): MalformedJson {
  try {
    JSON.parse(text);
  } catch (error) {
    return new MalformedJson('it ends or changes where JSON may not', positionIn(error, text));
  }
  return new MalformedJson('it has a key that could change a prototype ("__proto__" or "constructor")');
}

function positionIn(error: unknown, text: string): number | undefined {
  const message = error instanceof Error ? error.message : '';
  if (message.includes('end of JSON input')) return text.length;
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? undefined : Number(position);
}
