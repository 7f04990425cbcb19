/** What every provider of a service may ask for, besides its own capability's ports. */
export const CLOCK = Symbol('clock');
export const IDS = Symbol('ids');
export const LOGGER = Symbol('logger');
export const METRICS = Symbol('metrics');
export const CONFIGURATION = Symbol('configuration');
/** The service's log. */
export const EVENT_STORE = Symbol('event store');
/** For command handlers of streams that grow without end. */
export const SNAPSHOTS = Symbol('snapshots');
/** The service's schema, for what is no read model: leases, checkpoints, work of adapters. */
export const DATABASE = Symbol('database');
/** TypeORM, for the queries of read models. */
export const DATA_SOURCE = Symbol('data source');
export const BUS = Symbol('bus');
/** Where a capability adds what it looks after; shown at `/health`. */
export const HEALTH = Symbol('health registry');
/** All of the above at once, for what needs many of them. */
export const RUNTIME = Symbol('runtime');
