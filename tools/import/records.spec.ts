import { describe, expect, it } from '@jest/globals';
import { UnreadableExport } from './import.errors.ts';
import { recordsOf } from './records.ts';
import type { FileRecord } from './records.ts';

/** Gives the text in pieces that end anywhere, also within a character. */
async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
}

async function read(text: string | Uint8Array, { encoding = 'utf-8', delimiter = ',', pieceBytes = 7 } = {}) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const records: FileRecord[] = [];
  for await (const record of recordsOf(inPieces(bytes, pieceBytes), { encoding, delimiter })) records.push(record);
  return records;
}

const fieldsIn = (records: readonly FileRecord[]) => records.map(({ line, fields }) => [line, fields]);

describe('reading CSV records', () => {
  it('numbers lines from 1, skips empty ones, and takes both kinds of line end', async () => {
    expect(fieldsIn(await read('\ufeffa,b\r\n1,2\n\n3,4'))).toEqual([
      [1, ['a', 'b']],
      [2, ['1', '2']],
      [4, ['3', '4']],
    ]);
  });

  it('reads quoted delimiters, quotes and line breaks', async () => {
    expect(fieldsIn(await read('a,b\n"1,5","say ""yes"""\n"two\r\nlines",x\n5,6\n'))).toEqual([
      [1, ['a', 'b']],
      [2, ['1,5', 'say "yes"']],
      [3, ['two\nlines', 'x']],
      [5, ['5', '6']],
    ]);
  });

  it('takes a quote within a field for a character', async () => {
    expect(fieldsIn(await read('a,b\n12" FRAME,1\nA "GOOD" ONE,2\n'))).toEqual([
      [1, ['a', 'b']],
      [2, ['12" FRAME', '1']],
      [3, ['A "GOOD" ONE', '2']],
    ]);
  });

  it('loses one line, not the rest of the file, to a quote that is never closed', async () => {
    const rest = Array.from({ length: 40 }, (_, index) => `${index},"fine"`);
    const records = await read(['a,b', '1,"open', ...rest].join('\n'));

    expect(records[1]).toEqual({ line: 2, text: '1,"open', fields: undefined });
    expect(fieldsIn(records).slice(2)).toEqual(rest.map((_, index) => [index + 3, [String(index), 'fine']]));
  });

  it('loses only that line at the end of the file too', async () => {
    const records = await read('a,b\n1,"open\n2,3\n4,5');

    expect(fieldsIn(records)).toEqual([
      [1, ['a', 'b']],
      [2, undefined],
      [3, ['2', '3']],
      [4, ['4', '5']],
    ]);
  });

  it('gives records with too few or too many fields as they are', async () => {
    expect(fieldsIn(await read('a,b\n1\n1,2,3\n')).slice(1)).toEqual([
      [2, ['1']],
      [3, ['1', '2', '3']],
    ]);
  });

  it('reads the encoding and the delimiter that it is told', async () => {
    const pound = Uint8Array.of(0x61, 0x3b, 0xa3, 0x31, 0x0a);

    expect(fieldsIn(await read(pound, { encoding: 'windows-1252', delimiter: ';' }))).toEqual([[1, ['a', '£1']]]);
    expect(fieldsIn(await read('a,é\n', { pieceBytes: 3 }))).toEqual([[1, ['a', 'é']]]);
  });

  it('says so when the file has no lines', async () => {
    await expect(read('x'.repeat(1_000_100), { pieceBytes: 100_000 })).rejects.toThrow(UnreadableExport);
  });

  it('reads more than one portion', async () => {
    const text = Array.from({ length: 1_234 }, (_, index) => `${index},x`).join('\n');
    const records = await read(text, { pieceBytes: 4_096 });

    expect(records.map(({ fields }) => Number(fields?.[0]))).toEqual(records.map((_, index) => index));
    expect(records).toHaveLength(1_234);
  });
});
