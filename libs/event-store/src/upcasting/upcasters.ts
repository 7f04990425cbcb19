/** One step of a type's data from a version to the next one. */
export type Upcaster = Readonly<{
  type: string;
  /** The version that it reads; what it gives is version `from + 1`. */
  from: number;
  /** Pure: the same data gives the same result, and the data itself stays as it is, since others read it too. */
  upcast(data: unknown): object;
}>;

/** A step whose old data is parsed first, as by a zod schema of the version that it reads. */
export function upcaster<Old>(
  step: Readonly<{ type: string; from: number; reads: { parse(data: unknown): Old }; upcast(data: Old): object }>,
): Upcaster {
  const { type, from, reads } = step;
  return { type, from, upcast: (data) => step.upcast(reads.parse(data)) };
}

/** The data of an event, and the version that it has. */
export type VersionedData = Readonly<{ version: number; data: unknown }>;

/** All steps that a service knows: from any older version of a type to its newest one. */
export class Upcasters {
  private readonly chains: ReadonlyMap<string, readonly Upcaster[]>;

  /**
   * @throws Error for two steps of the same version, and for a chain that does not begin at version 1 or has a gap: a
   *   defect of the service, found when it is loaded
   */
  constructor(steps: readonly Upcaster[]) {
    const byType = [...Map.groupBy(steps, ({ type }) => type)];
    this.chains = new Map(byType.map(([type, unordered]) => [type, chainOf(type, unordered)]));
  }

  /** The types that have more than one version. */
  get types(): readonly string[] {
    return [...this.chains.keys()];
  }

  /** The version that the steps of a type lead to; 1 for a type without any. */
  newestOf(type: string): number {
    return (this.chains.get(type)?.length ?? 0) + 1;
  }

  /** Takes data to the newest version of its type. Data that is newest already, or newer, comes back as it is. */
  upcast(type: string, { version, data }: VersionedData): VersionedData {
    const steps = this.chains.get(type)?.slice(version - 1) ?? [];
    if (steps.length === 0) return { version, data };
    return { version: version + steps.length, data: steps.reduce((old, step) => step.upcast(old), data) };
  }
}

function chainOf(type: string, unordered: readonly Upcaster[]): readonly Upcaster[] {
  const chain = unordered.toSorted((left, right) => left.from - right.from);
  chain.forEach(({ from }, index) => {
    const due = index + 1;
    if (from === due) return;
    const isDouble = chain[index - 1]?.from === from;
    throw new Error(
      isDouble
        ? `Two upcasters of ${type} read version ${from}. Keep one of them.`
        : `No upcaster of ${type} reads version ${due}, and there is one for ${from}. Steps begin at 1 and leave no gap.`,
    );
  });
  return chain;
}
