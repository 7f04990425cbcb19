const BYTE = /^[0-9A-Fa-f]{2}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Writes every character that `isPlain` refuses as `%XX` for each of its UTF-8 bytes, with upper-case digits.
 * Text with half of a surrogate pair is not reversible: UTF-8 cannot hold it, U+FFFD takes its place.
 */
export function percentEncode(text: string, isPlain: (character: string) => boolean): string {
  let encoded = '';
  for (const character of text) {
    if (isPlain(character)) {
      encoded += character;
      continue;
    }
    for (const byte of encoder.encode(character)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** Undoes one round of percent-encoding; `undefined` when an escape is malformed or its bytes are no UTF-8. */
export function percentDecode(text: string): string | undefined {
  const bytes: number[] = [];
  for (let index = 0; index < text.length;) {
    const codePoint = text.codePointAt(index) ?? 0;
    if (codePoint !== 0x25) {
      const character = String.fromCodePoint(codePoint);
      bytes.push(...encoder.encode(character));
      index += character.length;
      continue;
    }
    const digits = text.slice(index + 1, index + 3);
    if (!BYTE.test(digits)) return undefined;
    bytes.push(Number.parseInt(digits, 16));
    index += 3;
  }
  return decodeUtf8(bytes);
}

/** Bytes that are no UTF-8 decode to U+FFFD, and so do not encode to themselves again. */
function decodeUtf8(bytes: readonly number[]): string | undefined {
  const text = decoder.decode(Uint8Array.from(bytes));
  const again = encoder.encode(text);
  return again.length === bytes.length && again.every((byte, index) => byte === bytes[index]) ? text : undefined;
}
