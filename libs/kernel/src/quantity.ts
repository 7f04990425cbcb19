/** An amount of something countable or measurable, never without its unit (`each`, `kg`, `l`). */
export type Quantity = Readonly<{ value: number; unit: string }>;
