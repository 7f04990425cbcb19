import { parseArgs } from 'node:util';
import { isServiceName, SERVICES, type ServiceName } from '../migrate/service-migrations.ts';

export const HELP = `Folds a read model again from the whole log, beside the one that is shown, compares the two, and switches in one moment.
It may be interrupted, even by kill -9: the same command goes on where it stopped. Readers never see a half-built table.

  npm run rebuild -- <service>                          lists its projections, and which version each table holds
  npm run rebuild -- <service> <projection> [options]   rebuilds one in the version of this release

  <service>             agent, health, maintenance, recovery
  <projection>          its name, with or without the service's: stock-levels, agent.stock-levels
  --compare-only        folds and compares, and does not switch; a later run without it goes on from there
  --accept-differences  switches although the rows of the same version are not what they were
  --roll-back           puts the previous rows back, which catch up with the log; folds nothing
  --workers <n>         1 to 16 ranges of slots folded side by side, where the projection allows it (default: 4)
  --yes                 switches or rolls back without asking
  --help                shows this

Settings come from the environment, or from files (<name>_FILE): <SERVICE>_DATABASE_URL (AGENT_DATABASE_URL and so on), who
the service runs as; DATABASE_URL stands in for all of them. Without any it takes what npm start runs in this folder.

It exits with 0 when it did what was asked, with 1 when it could not or when rows of the same version differ, with 2 when the
options are wrong.
`;

export type RebuildCommand = Readonly<{
  service: ServiceName;
  /** Absent: list them. */
  projection: string | undefined;
  compareOnly: boolean;
  acceptDifferences: boolean;
  rollBack: boolean;
  workers: number;
  yes: boolean;
}>;

/** The options or settings are wrong; the message says how. */
export class WrongUsage extends Error {}

const OPTIONS = {
  'compare-only': { type: 'boolean', default: false },
  'accept-differences': { type: 'boolean', default: false },
  'roll-back': { type: 'boolean', default: false },
  workers: { type: 'string', default: '4' },
  yes: { type: 'boolean', short: 'y', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const MOST_WORKERS = 16;

/** @throws WrongUsage */
export function readCommand(args: readonly string[]): RebuildCommand | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  const [service, projection, ...rest] = positionals;
  if (service === undefined) throw new WrongUsage(`Name a service: ${SERVICES.join(', ')}.`);
  if (!isServiceName(service))
    throw new WrongUsage(`There is no service "${service}"; there are ${SERVICES.join(', ')}.`);
  if (rest.length > 0) throw new WrongUsage(`One projection at a time, please: "${rest.join(' ')}" is too much.`);
  const workers = Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    throw new WrongUsage(`--workers is "${values.workers}"; it takes 1 to ${MOST_WORKERS}.`);
  }
  const compareOnly = values['compare-only'];
  const rollBack = values['roll-back'];
  if (compareOnly && rollBack) throw new WrongUsage('--compare-only and --roll-back exclude each other.');
  return {
    service,
    projection,
    compareOnly,
    acceptDifferences: values['accept-differences'],
    rollBack,
    workers,
    yes: values.yes,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
