import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { UnreadableExport } from './import.errors.ts';

/** One record of the file, or what could not be read as one. */
export type FileRecord = Readonly<{
  /** Of its first physical line; the header has 1. */
  line: number;
  text: string;
  fields: readonly string[] | undefined;
}>;

/** Lines that a quoted field may span. A quote that is still open after that was no opening quote. */
const LONGEST_RECORD_LINES = 10;
const LONGEST_LINE_CHARACTERS = 1_000_000;
const PORTION = 500;

type Physical = Readonly<{ line: number; text: string }>;
/** `isClosed` is false when a quote opens in it and never closes. */
type Framed = Physical & Readonly<{ isClosed: boolean }>;

type ReadOptions = Readonly<{ encoding: string; delimiter: string; onBytes?: (sizeBytes: number) => void }>;

/**
 * Streams the records of a CSV file.
 * @throws UnreadableExport
 */
export function readRecords(file: string, options: ReadOptions): AsyncGenerator<FileRecord> {
  return recordsOf(chunksOf(file), options);
}

/**
 * Streams the records of a CSV text. A line whose quotes make no sense is given without fields, and only that line:
 * a parser alone would take the rest of the file for one quoted field.
 * @throws UnreadableExport
 */
export async function* recordsOf(chunks: AsyncIterable<Uint8Array>, options: ReadOptions): AsyncGenerator<FileRecord> {
  const { delimiter } = options;
  let portion: Framed[] = [];
  for await (const framed of frame(physicalLines(chunks, options), delimiter)) {
    portion.push(framed);
    if (portion.length < PORTION) continue;
    yield* fieldsOf(portion, delimiter);
    portion = [];
  }
  yield* fieldsOf(portion, delimiter);
}

async function* physicalLines(
  chunks: AsyncIterable<Uint8Array>,
  { encoding, onBytes }: ReadOptions,
): AsyncGenerator<Physical> {
  const decoder = new TextDecoder(encoding); // takes a byte order mark away
  let line = 0;
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE_CHARACTERS) {
      throw new UnreadableExport(
        `A line has over ${LONGEST_LINE_CHARACTERS} characters, so this is no CSV file: name a point-of-sale export.`,
      );
    }
    for (const text of lines) yield { line: (line += 1), text: withoutReturn(text) };
    onBytes?.(chunk.length);
  }
  rest += decoder.decode();
  if (rest !== '') yield { line: line + 1, text: withoutReturn(rest) };
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      if (Buffer.isBuffer(chunk)) yield chunk;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableExport(`${file} cannot be read: ${reason}`, { cause: error });
  }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

async function* frame(lines: AsyncIterable<Physical>, delimiter: string): AsyncGenerator<Framed> {
  const framing = new Framing(delimiter);
  for await (const line of lines) yield* framing.add(line);
  yield* framing.end();
}

/** Joins the lines of a record whose quoted fields hold line breaks, and drops empty lines. */
class Framing {
  readonly #delimiter: string;
  #held: Physical[] = [];
  /** Of the first record; lines that were joined must have as many. */
  #columnCount: number | undefined;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** The records that are certain with this line. */
  *add(line: Physical): Generator<Framed> {
    this.#held.push(line);
    yield* this.#settle(false);
  }

  /** What was held until the end of the file. */
  *end(): Generator<Framed> {
    yield* this.#settle(true);
  }

  *#settle(isEnd: boolean): Generator<Framed> {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      const count = lengthOfRecord(this.#held, this.#delimiter);
      if (count === undefined && !isEnd && this.#held.length < LONGEST_RECORD_LINES) return;
      const record = count === undefined ? undefined : this.#joined(this.#held.slice(0, count));
      // Lines that make no record together: only the first has the quote that is never closed.
      this.#held = this.#held.slice(record === undefined ? 1 : count);
      if (record === undefined) yield { ...first, isClosed: false };
      else if (record.trim() !== '') yield { line: first.line, text: record, isClosed: true };
    }
  }

  #joined(lines: readonly Physical[]): string | undefined {
    const text = lines.map((line) => line.text).join('\n');
    if (lines.length === 1 && this.#columnCount !== undefined) return text;
    // Between lines no leniency: a stray quote must not make one field of two lines.
    const columnCount = parsed(text, this.#delimiter, lines.length === 1)?.[0]?.length;
    this.#columnCount ??= columnCount;
    return columnCount === this.#columnCount ? text : undefined;
  }
}

/** How many of the lines make one record; `undefined` while a quote is open. */
function lengthOfRecord(lines: readonly Physical[], delimiter: string): number | undefined {
  let text = '';
  for (const [index, line] of lines.entries()) {
    text += index === 0 ? line.text : `\n${line.text}`;
    if (!endsInQuotes(text, delimiter)) return index + 1;
  }
  return undefined;
}

/** Whether a text ends within a quoted field. A quote elsewhere than at the beginning of a field is a character. */
function endsInQuotes(text: string, delimiter: string): boolean {
  if (!text.includes('"')) return false;
  let at = 0;
  while (at < text.length) {
    if (text.charAt(at) === '"') {
      const close = closingQuote(text, at + 1);
      if (close === undefined) return true;
      at = close;
    }
    const next = text.indexOf(delimiter, at);
    if (next < 0) return false;
    at = next + 1;
  }
  return false;
}

/** Behind the quote that ends a quoted field; what then follows up to the delimiter is read leniently. */
function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (text.charAt(at + 1) !== '"') return at + 1;
    at += 1;
  }
  return undefined;
}

function* fieldsOf(portion: readonly Framed[], delimiter: string): Generator<FileRecord> {
  const closed = portion.filter(({ isClosed }) => isClosed);
  const together = parsed(closed.map(({ text }) => text).join('\n'), delimiter);
  // Should the parser see other records than we did, each is parsed alone.
  const all = together?.length === closed.length ? together : closed.map(({ text }) => parsed(text, delimiter)?.[0]);
  const fields = new Map(closed.map(({ line }, index) => [line, all[index]]));
  for (const { line, text } of portion) yield { line, text, fields: fields.get(line) };
}

function parsed(text: string, delimiter: string, isLenient = true): string[][] | undefined {
  try {
    return parse(text, { delimiter, relax_quotes: isLenient, relax_column_count: true, record_delimiter: '\n' });
  } catch {
    return undefined; // the caller reports the line
  }
}
