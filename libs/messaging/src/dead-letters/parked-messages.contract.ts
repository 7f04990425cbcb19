import type { Queryable } from '#libs/event-store';

/** A row of `parked_messages` as a consumer writes it; what is not given is that of a message that was just parked and is dead. */
export type ParkedRow = Readonly<{
  consumer: string;
  source: string;
  slot: number | null;
  epoch: number;
  position: number;
  stream_key: string | null;
  tenant: string | null;
  subject: string;
  headers: Readonly<Record<string, string>>;
  payload: Buffer;
  state: string;
  attempts: number;
  next_attempt_at: string | null;
  reason: string | null;
  code: string | null;
  violations: readonly object[] | null;
  parked_at: string;
  last_attempt_at: string | null;
}>;

let positions = 0;

/** Puts a message aside without a consumer. @returns its id */
export async function park(database: Queryable, row: Partial<ParkedRow> = {}): Promise<number> {
  const whole = parkedRow(row);
  const names = Object.keys(whole);
  const values = Object.values(whole).map((value) => (isJson(value) ? JSON.stringify(value) : value));
  const places = names.map((_, index) => `$${index + 1}`);
  const [inserted] = await database.query<{ id: number }>(
    `insert into parked_messages (${names.join(', ')}) values (${places.join(', ')}) returning id`,
    values,
  );
  if (!inserted) throw new Error('no row');
  return inserted.id;
}

const isJson = (value: unknown): boolean => typeof value === 'object' && value !== null && !Buffer.isBuffer(value);

function parkedRow(row: Partial<ParkedRow>): ParkedRow {
  positions += 1;
  const { tenant = 'demo', stream_key = `demo/item-${positions}`, state = 'dead' } = row;
  const isTried = state !== 'waiting';
  return {
    consumer: 'health_evt_agent',
    source: 'agent',
    slot: 5,
    epoch: 1,
    position: positions,
    stream_key,
    tenant,
    subject: 'evt.agent.demo.5.item.decision-made.OIL001',
    headers: { 'Content-Type': 'application/cloudevents+json', 'Correlation-Id': 'c-1' },
    payload: Buffer.from('{"specversion":"1.0"}'),
    state,
    attempts: isTried ? 5 : 0,
    next_attempt_at: state === 'retrying' ? '2026-11-23T12:00:10.000Z' : null,
    reason: isTried ? 'the shelf is broken' : null,
    code: isTried ? 'defect' : null,
    violations: null,
    parked_at: '2026-11-23T12:00:00.000Z',
    last_attempt_at: isTried ? '2026-11-23T12:00:05.000Z' : null,
    ...row,
  };
}
