import { readdirSync, readFileSync } from 'node:fs';

/** Main processes of what works for a row besides this process. Those that run elsewhere are left out. */
export type Helpers = Readonly<{
  postgres?: number | undefined;
  nats?: number | undefined;
  /** Of the product or a peer, in processes of their own. */
  node?: readonly number[];
}>;

/** Processor time used so far, in microseconds. */
export type ProcessorTime = Readonly<{
  /** Of this process and of the helpers that are Node. */
  node: number;
  /** Of a server and all processes it has now; absent unless it runs on this Linux machine and its pid is known. */
  postgres: number | undefined;
  nats: number | undefined;
}>;

/** What `getconf CLK_TCK` says on every Linux in use: /proc counts in hundredths of a second. */
const TICK_MICROSECONDS = 10_000;

export function processorTime({ postgres, nats, node = [] }: Helpers = {}): ProcessorTime {
  const { user, system } = process.cpuUsage();
  const others = node.reduce((sum, pid) => sum + (timeOf(pid) ?? 0), 0);
  return { node: user + system + others, postgres: timeOf(postgres), nats: timeOf(nats) };
}

/** The time of `pid`, of the children it has, and of those that ended. */
function timeOf(pid: number | undefined): number | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined;
  const own = statOf(pid);
  if (!own) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? [])
    .filter(({ parent }) => parent === pid);
  return [own, ...children].reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MICROSECONDS;
}

function statOf(pid: number): { parent: number; ticks: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // It ended between the listing and now.
  }
  // The name in parentheses may hold spaces: what follows it begins with field 3, the state.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0, user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = [1, 11, 12, 13, 14].map(
    (index) => fields[index] ?? 0,
  );
  return { parent, ticks: user + system + childrenUser + childrenSystem };
}
