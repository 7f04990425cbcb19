import { freePort, isPortFree, waitUntil } from '#libs/embedded-servers';

export const SERVICES = ['agent', 'health', 'maintenance', 'recovery'] as const;
export type ServiceName = (typeof SERVICES)[number];

const PREFERRED = {
  'agent API': 8000,
  'health API': 8001,
  'maintenance API': 8002,
  'recovery API': 8003,
  'agent metrics': 9101,
  'health metrics': 9102,
  'maintenance metrics': 9103,
  'recovery metrics': 9104,
  PostgreSQL: 54_320,
  'nats-server': 4222,
  'nats-server monitoring': 8222,
} as const;
type PortUse = keyof typeof PREFERRED;

export type Ports = Readonly<Record<PortUse, number>>;

/** How long what a killed launcher left may take to give its ports back. */
const CRASH_LEFTOVERS_MS = 8_000;

/** The ports of this run: the usual ones, and where one is taken, another one, which is said. */
export async function choosePorts(followsCrash: boolean, say: (line: string) => void): Promise<Ports> {
  if (followsCrash) {
    const allFree = async (): Promise<boolean> =>
      (await Promise.all(Object.values(PREFERRED).map(isPortFree))).every(Boolean);
    await waitUntil(allFree, CRASH_LEFTOVERS_MS, 200);
  }
  const chosen: Record<PortUse, number> = { ...PREFERRED };
  for (const use of portUses(chosen)) {
    chosen[use] = await freePort(PREFERRED[use]);
    if (chosen[use] !== PREFERRED[use]) say(`Port ${PREFERRED[use]} is taken: ${use} is on ${chosen[use]} this time.`);
  }
  return chosen;
}

function isPortUse(name: string): name is PortUse {
  return name in PREFERRED;
}

function portUses(ports: Ports): PortUse[] {
  return Object.keys(ports).filter(isPortUse);
}
