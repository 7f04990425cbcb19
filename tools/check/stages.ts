import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One thing that is checked. All of its commands run, one after another, until one fails. */
export type Stage = Readonly<{
  name: string;
  title: string;
  commands: readonly Readonly<{ program: string; args: readonly string[] }>[];
  /** Stages whose failure makes this one pointless. */
  needs: readonly string[];
  /** It starts servers or many workers, so nothing runs beside it. */
  isHeavy: boolean;
  /** Where Jest writes its numbers, when this stage runs Jest. */
  resultFile?: string;
}>;

export const SERVICES = ['agent-service', 'health-service', 'maintenance-service', 'recovery-service'];

function node(program: string, ...args: string[]): Stage['commands'][number] {
  return { program: process.execPath, args: [program, ...args] };
}

/** The program of an installed package, by the `bin` field of its own package.json: `.bin` holds shell scripts elsewhere. */
function binOf(root: string, packageName: string, command = packageName): string {
  const folder = join(root, 'node_modules', packageName);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const bin = manifest !== null && typeof manifest === 'object' && 'bin' in manifest ? manifest.bin : undefined;
  const path: unknown =
    typeof bin === 'string' ? bin : new Map<string, unknown>(Object.entries(bin ?? {})).get(command);
  if (typeof path !== 'string') throw new Error(`Package ${packageName} has no program ${command}: run npm ci.`);
  return join(folder, path);
}

function jest(
  root: string,
  folder: string,
  project: string,
  ...more: string[]
): Pick<Stage, 'commands' | 'resultFile'> {
  const resultFile = join(folder, `jest-${project}.json`);
  const args = [
    '--selectProjects',
    project,
    '--ci',
    '--passWithNoTests',
    '--json',
    `--outputFile=${resultFile}`,
    ...more,
  ];
  return { commands: [node('--experimental-vm-modules', '--no-warnings', binOf(root, 'jest'), ...args)], resultFile };
}

/** One Postgres for all spec files; each has a database of its own. */
function besidePostgres(stage: ReturnType<typeof jest>): ReturnType<typeof jest> {
  const commands = stage.commands.map(({ program, args }) => node('tools/check/with-postgres.ts', program, ...args));
  return { ...stage, commands };
}

/** All stages in their order; `folder` is where they leave their results. */
export function allStages(root: string, folder: string): readonly Stage[] {
  const present = (path: string): boolean => existsSync(join(root, path));
  const areas = ['apps', 'libs', 'simulation', 'bench', 'e2e', 'deploy', 'tools'].filter(present);
  const services = SERVICES.filter((service) => present(`apps/${service}/src/main.ts`));
  const light = { needs: [], isHeavy: false };
  const inTurn = (name: string, needs: readonly string[], ...more: string[]): Stage => ({
    ...{ name, title: name, needs, isHeavy: true },
    ...jest(root, folder, name, '--runInBand', ...more),
  });
  const stages: Stage[] = [
    {
      ...light,
      name: 'format',
      title: 'format',
      commands: [node(binOf(root, 'prettier'), '--check', '--log-level', 'warn', '.')],
    },
    { ...light, name: 'lint', title: 'lint', commands: [node(binOf(root, 'eslint'), '.')] },
    { ...light, name: 'types', title: 'types', commands: [node(binOf(root, 'typescript', 'tsc'), '-p', '.')] },
    {
      ...light,
      name: 'dependencies',
      title: 'dependency rules',
      commands: [node(binOf(root, 'dependency-cruiser', 'depcruise'), '--config', '.dependency-cruiser.cjs', ...areas)],
    },
    { name: 'unit', title: 'unit', needs: [], isHeavy: true, ...jest(root, folder, 'unit') },
    {
      name: 'build',
      title: 'build of the services',
      needs: ['types'],
      isHeavy: false,
      commands: services.map((service) => node(binOf(root, '@nestjs/cli', 'nest'), 'build', service)),
    },
    {
      name: 'integration',
      title: 'integration',
      needs: ['build'],
      isHeavy: true,
      // Most of it waits for servers, so that two workers are faster than the one that Jest takes on two cores.
      ...besidePostgres(jest(root, folder, 'integration', '--maxWorkers=2')),
    },
    inTurn('end-to-end', ['build']),
    // After programs were killed so often Node 24 can wait for ever, and busily, for a request that is left when it ends by
    // itself (`Environment::CleanupHandles`); an exit that is asked for does not look.
    inTurn('faults', ['types'], '--forceExit'),
  ];
  return stages;
}
