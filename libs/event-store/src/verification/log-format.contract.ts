import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/log-format.md'), 'utf8');

/** The code block with this name in docs/log-format.md, so that page and code cannot differ. */
export function blockOf(name: string): string {
  const [, content] = new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(PAGE) ?? [];
  if (content === undefined) throw new Error(`docs/log-format.md has no block "${name}"`);
  return content;
}
