/** A subscriber to alerts: `node tools/watch-alerts.ts [nats://host:4222]`. Ctrl-C ends it. */
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

type Alert = Readonly<{ type: string; time: string; data: Readonly<{ summary?: string }> }>;

const servers = process.argv[2] ?? process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222';
const connection = await connect({ servers });
process.once('SIGINT', () => void connection.close());
const alerts = await jetstream(connection).consumers.get('ALERTS', { filter_subjects: 'alerts.>' });
for await (const message of await alerts.consume()) {
  const { type, time, data } = message.json<Alert>();
  console.log(time, message.subject, type, data.summary ?? '');
}
