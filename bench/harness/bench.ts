import type { EmmettPeer } from './emmett-peer.ts';
import type { Pace } from './measure.ts';
import type { BenchServer } from './server.ts';

/** What a topic is given: one server for all its rows, and the peers that could be loaded. */
export type Bench = Readonly<{
  server: BenchServer;
  pace: Pace;
  emmett: EmmettPeer | undefined;
  /** How many events the log has that is compared with one of ten thousand. */
  grownEvents: number;
  /** How many events the relay has to catch up on; consumers get a part of them. */
  backlog: number;
}>;

/** As many connections as the product's own pool has by default. */
export const POOL_SIZE = 20;

/** What a report says instead of rows that need a peer. */
export const EMMETT_LEFT_OUT =
  'The rows of @event-driven-io/emmett-postgresql are left out: asked for by --no-peers, or not installed (npm ci --prefix bench/peers).';
