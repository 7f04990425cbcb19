import type { Ports, ServiceName } from './ports.ts';

export type Surroundings = Readonly<{
  names: readonly ServiceName[];
  ports: Ports;
  logFolder: string;
  natsUrl: string;
  hasClaude: boolean;
}>;

/** What to tell a person once everything runs. */
export function whereToLook({ names, ports, logFolder, natsUrl, hasClaude }: Surroundings): string {
  const rows = names.map((name) => {
    const api = `http://127.0.0.1:${ports[`${name} API`]}`;
    return `  ${`${name}-service`.padEnd(20)} ${api}/openapi.json   metrics http://127.0.0.1:${ports[`${name} metrics`]}/metrics`;
  });
  return [
    '',
    ...(rows.length === 0 ? ['No service is in this checkout yet.'] : rows),
    `  ${'NATS'.padEnd(20)} ${hostOf(natsUrl)}   alerts on alerts.>, queries on query.>`,
    `  ${'logs'.padEnd(20)} ${logFolder}`,
    '',
    hasClaude
      ? 'Claude decides; when it cannot be reached, rules do.'
      : 'Rules decide, because ANTHROPIC_API_KEY is not set.',
    'To see an alert: npm run agent -- pause inventory_agent',
    '',
  ].join('\n');
}

/** Without the user and password that a given URL may carry. */
function hostOf(natsUrl: string): string {
  const url = URL.parse(natsUrl);
  return url === null ? natsUrl : `${url.protocol}//${url.host}`;
}
