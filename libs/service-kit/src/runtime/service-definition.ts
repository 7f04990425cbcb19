import type { DynamicModule, Type } from '@nestjs/common';
import type { EntityClass, EventTypes, MigrationClass, Subscriber } from '#libs/event-store';
import type { Outlet } from '#libs/messaging';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import type { Environment, ReadFile } from '../configuration/load-configuration.ts';

export type ServiceName = 'agent' | 'health' | 'maintenance' | 'recovery';

/** Something that works in the background from start to stop: an agent runner, a schedule. */
export interface BackgroundWork {
  /** As it appears in the shutdown log. */
  readonly name: string;
  start(): Promise<void> | void;
  /** Finishes what is under way. */
  stop(): Promise<void>;
}

/** What a service is made of; its module file builds it, and nothing else wires. */
export type ServiceParts = Readonly<{
  module: Type | DynamicModule;
  migrations: readonly MigrationClass[];
  /** What the service can read from its log; it does not start on a log that holds more (ADR-0008). */
  eventTypes: EventTypes;
  /** Entities of the read models. */
  entities: readonly EntityClass[];
  /** Read models that follow the service's own log. */
  projections: readonly Subscriber[];
  /** Providers that follow the service's own log. */
  reactions?: readonly Type<Subscriber>[];
  /** What leaves the service, and where to. */
  outlets: readonly Outlet[];
  /** Providers that work from start to stop, in the order of their start. */
  background?: readonly Type<BackgroundWork>[];
  /** Areas whose events this service follows, for its AsyncAPI document. */
  follows: readonly ServiceName[];
}>;

export type ServiceDefinition = Readonly<{
  name: ServiceName;
  /** One sentence for the API documents. */
  description: string;
  /** @throws ConfigurationInvalid */
  readConfiguration: (environment: Environment, readFile: ReadFile) => BaseConfiguration;
  /** Loads the service's module; called after telemetry has started, so that it can instrument what is loaded. */
  load: () => Promise<ServiceParts>;
}>;
