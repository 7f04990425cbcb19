/** Reads a field of JSON that others wrote; anything unexpected is simply not there. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.getOwnPropertyDescriptor(current, name)?.value;
  }
  return current;
}

/** A field as one line of text; empty when it is absent or no text or number. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = field(value, ...path);
  const isPlain = typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean';
  return isPlain ? String(found).replaceAll(/\s+/g, ' ').trim() : '';
}

/** Parses JSON, or undefined when it is none. */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined; // the callers read lines that may be anything
  }
}
