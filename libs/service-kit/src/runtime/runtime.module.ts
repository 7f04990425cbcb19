import { Module, type DynamicModule } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock, IdSource } from '#libs/kernel';
import type { Database, EventStore, Snapshots } from '#libs/event-store';
import type { Bus } from '#libs/messaging';
import type { Metrics } from '#libs/observability';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import { DeadLettersModule } from '../dead-letters/dead-letters.module.ts';
import type { HealthRegistry } from '../health/health-registry.ts';
import type { Logger } from '../ports.ts';
import type { ServiceName } from './service-definition.ts';
import {
  BUS,
  CLOCK,
  CONFIGURATION,
  DATA_SOURCE,
  DATABASE,
  EVENT_STORE,
  HEALTH,
  IDS,
  LOGGER,
  METRICS,
  RUNTIME,
  SNAPSHOTS,
} from './tokens.ts';

/** What a service runs on. */
export type Runtime<Configuration extends BaseConfiguration = BaseConfiguration> = Readonly<{
  name: ServiceName;
  configuration: Configuration;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  metrics: Metrics;
  database: Database;
  dataSource: DataSource;
  store: EventStore;
  snapshots: Snapshots;
  bus: Bus;
  health: HealthRegistry;
}>;

/** Makes the runtime available to every provider by its tokens. */
@Module({})
export class RuntimeModule {
  static with(runtime: Runtime): DynamicModule {
    const providers = [
      { provide: CONFIGURATION, useValue: runtime.configuration },
      { provide: CLOCK, useValue: runtime.clock },
      { provide: IDS, useValue: runtime.ids },
      { provide: LOGGER, useValue: runtime.logger },
      { provide: METRICS, useValue: runtime.metrics },
      { provide: DATABASE, useValue: runtime.database },
      { provide: DATA_SOURCE, useValue: runtime.dataSource },
      { provide: EVENT_STORE, useValue: runtime.store },
      { provide: SNAPSHOTS, useValue: runtime.snapshots },
      { provide: BUS, useValue: runtime.bus },
      { provide: HEALTH, useValue: runtime.health },
      { provide: RUNTIME, useValue: runtime },
    ];
    return { module: RuntimeModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}

/** The service's own module beside the runtime that it runs on, and what every service has. */
@Module({})
export class ServiceRoot {
  static of(service: NonNullable<DynamicModule['imports']>[number], runtime: Runtime): DynamicModule {
    const imports = [RuntimeModule.with(runtime), DeadLettersModule.of(runtime.name), service];
    return { module: ServiceRoot, imports };
  }
}
