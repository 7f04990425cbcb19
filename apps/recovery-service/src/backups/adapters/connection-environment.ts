/** Parameters of a connection URL that the programs of PostgreSQL take from their environment. */
const FROM_QUERY: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  sslmode: 'PGSSLMODE',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslrootcert: 'PGSSLROOTCERT',
};

/**
 * The environment with which a program of PostgreSQL connects as `url` says. The password is in there and not among
 * the arguments, which every user of the machine can list; nothing of our own `PG...` variables gets through.
 *
 * @param database another database of the same server
 */
export function connectionEnvironment(
  url: string,
  inherited: NodeJS.ProcessEnv,
  database = decodeURIComponent(new URL(url).pathname.slice(1)),
): NodeJS.ProcessEnv {
  const { hostname, port, username, password, searchParams } = new URL(url);
  const values: Record<string, string> = {
    PGHOST: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: database,
    PGAPPNAME: 'recovery-service:backup',
    PGCONNECT_TIMEOUT: '10',
  };
  for (const [parameter, variable] of Object.entries(FROM_QUERY)) {
    const value = searchParams.get(parameter);
    if (value !== null) values[variable] = value;
  }
  const kept = Object.entries(inherited).filter(([name]) => ['PATH', 'HOME', 'LANG', 'TMPDIR'].includes(name));
  return Object.fromEntries([...kept, ...Object.entries(values).filter(([, value]) => value !== '')]);
}
