import { createHash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

const ROLES: readonly string[] = ['publisher', 'reader', 'operator', 'approver'];
const HELP = `Makes an API key. The key is shown this once and stored nowhere; the service is given its hash.

  node tools/api-key.ts --id <name> --tenant <tenant> --role <role> [--role <role> ...]

  --id      name of the key in logs, such as till-7: 1 to 64 letters, digits, ".", "_" or "-"
  --tenant  business the key belongs to: 1 to 63 of a-z, 0-9, "_" and "-"; "*" is every one
  --role    ${ROLES.join(', ')}; may be given several times
  --help    shows this

Put the printed entry into the JSON list of API_KEYS, or of the file that API_KEYS_FILE names.
`;

type Wish = Readonly<{ id: string; tenant: string; roles: readonly string[] }>;

/** What was asked for, or a sentence on what is wrong with it. */
function wishOf(values: { id?: string; tenant?: string; role?: string[] }): Wish | string {
  const { id = '', tenant = '', role: roles = [] } = values;
  if (!/^[\w.-]{1,64}$/.test(id)) return `--id is "${id}"; it takes 1 to 64 letters, digits, ".", "_" or "-".`;
  if (tenant !== '*' && !/^[a-z0-9][a-z0-9_-]{0,62}$/.test(tenant)) {
    return `--tenant is "${tenant}"; it takes 1 to 63 of a-z, 0-9, "_" and "-", or "*".`;
  }
  const unknown = roles.filter((role) => !ROLES.includes(role));
  if (roles.length === 0 || unknown.length > 0)
    return `--role is "${unknown.join(', ')}"; it takes ${ROLES.join(', ')}.`;
  return { id, tenant, roles: [...new Set(roles)] };
}

const OPTIONS = {
  id: { type: 'string' },
  tenant: { type: 'string' },
  role: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

function fail(what: string): void {
  console.error(`${what}\nnode tools/api-key.ts --help says more.`);
  process.exitCode = 2;
}

function main(): void {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const wish = wishOf(values);
  if (typeof wish === 'string') {
    fail(wish);
    return;
  }
  // The format is that of `generateApiKey` in service-kit, which needs a build; a spec of it holds the two together.
  const key = `stw_${randomBytes(32).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  console.error('The key, shown this once, and its entry for API_KEYS:');
  console.log(key);
  console.log(JSON.stringify({ ...wish, sha256 }));
}

try {
  main();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
