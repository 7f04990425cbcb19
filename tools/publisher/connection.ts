import { tenantIdSchema } from '#libs/contracts';
import { WrongConnection } from './publisher.errors.ts';

const DEFAULT_URL = 'http://127.0.0.1:8000';
const DEFAULT_TENANT = 'demo';
const HEADER_TEXT = /^[\x21-\x7e]{1,500}$/;

/** Where events go, and in whose name. */
export type Connection = Readonly<{ url: string; tenant: string; apiKey: string | undefined }>;

type ConnectionInput = Readonly<{ url?: string | undefined; tenant?: string | undefined; apiKey?: string | undefined }>;

/**
 * Checks what the command line says about the API; the defaults are {@link DEFAULT_URL} and {@link DEFAULT_TENANT}.
 * `keyFromEnvironment` is used when no key is given; an empty one counts as none.
 * @throws WrongConnection
 */
export function readConnection(input: ConnectionInput, keyFromEnvironment: string | undefined): Connection {
  const apiKey = [input.apiKey, keyFromEnvironment].find((key) => key !== undefined && key !== '');
  if (apiKey !== undefined && !HEADER_TEXT.test(apiKey)) {
    throw new WrongConnection(
      'The API key has characters that no HTTP header can carry: copy it again without spaces.',
    );
  }
  const tenant = input.tenant ?? DEFAULT_TENANT;
  if (!tenantIdSchema.safeParse(tenant).success) {
    throw new WrongConnection(`--tenant ${tenant.slice(0, 80)}: use 1 to 63 of a-z, 0-9, _ and -, such as demo.`);
  }
  return { url: baseUrl(input.url ?? DEFAULT_URL), tenant, apiKey };
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new WrongConnection(`--url ${text.slice(0, 200)}: give an address such as ${DEFAULT_URL}.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new WrongConnection('--url has a user or password in it: give the key by --api-key or STEWARD_API_KEY.');
  }
  return url.href.replace(/[?#].*$/, '').replace(/\/+$/, '');
}
