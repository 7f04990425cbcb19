export { ConfigurationInvalid } from './configuration/configuration.errors.ts';
export type { ConfigurationProblem } from './configuration/configuration.errors.ts';
export { baseConfiguration } from './configuration/base-configuration.ts';
export type { BaseConfiguration } from './configuration/base-configuration.ts';
export { configurationTable } from './configuration/configuration-table.ts';
export type { ConfigurationRow } from './configuration/configuration-table.ts';
export { loadConfiguration } from './configuration/load-configuration.ts';
export type { ConfigurationSchema, Environment, ReadFile } from './configuration/load-configuration.ts';
export { flag, setting, urlWith, wholeNumber } from './configuration/setting.ts';
export type { SettingNotes } from './configuration/setting.ts';
export { HealthRegistry } from './health/health-registry.ts';
export type { HealthRegistryOptions } from './health/health-registry.ts';
export type { ComponentHealth, HealthIndicator, HealthReport, HealthStatus } from './health/health-indicator.ts';
export { createHttpApplication } from './http/create-http-application.ts';
export type { HttpApplicationOptions, HttpConfiguration } from './http/create-http-application.ts';
export { currentRequestContext, requestContextOf } from './http/request-context.ts';
export type { RequestContext } from './http/request-context.ts';
export { systemClock, systemIds, uuidV7 } from './http/request-ids.ts';
export { SchemaValidationPipe } from './http/schema-validation.pipe.ts';
export { pageOfRows, placeOfCursor } from './lists/page.ts';
export type { PageParts } from './lists/page.ts';
export { openApiDocument } from './openapi/openapi-document.ts';
export type { ServiceDescription } from './openapi/openapi-document.ts';
export { Operation } from './openapi/operation.decorator.ts';
export type { OperationAnswer, OperationNotes } from './openapi/operation.decorator.ts';
export type { ErrorReporter, Logger, RequestMetrics } from './ports.ts';
export { foreseen } from './problems/classify-error.ts';
export { ERROR_POLICY } from './problems/error-policy.ts';
export type { ErrorAnswer, FailureKind, LogLevel, Settlement } from './problems/error-policy.ts';
export { RequestInvalid } from './problems/http.errors.ts';
export { problemFrom } from './problems/problem-from.ts';
export type { ProblemAnswer, ProblemContext } from './problems/problem-from.ts';
export { writtenPosition } from './reads/log-trail.ts';
export { MalformedPosition, OtherEpoch, ReadModelBehind, UnknownPosition } from './reads/read.errors.ts';
export { CurrentPrincipal, Public, RequiresRole } from './security/access.decorators.ts';
export type { ApiKeyEntry } from './security/api-key-entry.ts';
export { ApiKeyDirectory, generateApiKey } from './security/api-keys.ts';
export { Authenticator } from './security/authenticator.ts';
export type { AuthenticationSettings } from './security/authenticator.ts';
export { hasRole, requireTenant, ROLES, tenantOfRequest } from './security/principal.ts';
export type { Principal, Role } from './security/principal.ts';
export { RoleMissing, TenantForbidden, TenantNotNamed, Unauthenticated } from './security/security.errors.ts';
export { guardProcess } from './shutdown/process-guard.ts';
export type { GuardedProcess, ProcessGuardOptions } from './shutdown/process-guard.ts';
export { SHUTDOWN_PHASES, ShutdownSequence } from './shutdown/shutdown-sequence.ts';
export type { ShutdownOptions, ShutdownPhase, ShutdownStep, StepOutcome } from './shutdown/shutdown-sequence.ts';
export { eventMetadata } from './runtime/event-metadata.ts';
export type { MetadataOptions } from './runtime/event-metadata.ts';
export { readMigrationConfiguration } from './runtime/migrate-schema.ts';
export type { MigrationConfiguration } from './runtime/migrate-schema.ts';
export { PeriodicWork } from './runtime/periodic-work.ts';
export type { PeriodicWorkOptions } from './runtime/periodic-work.ts';
export { runService } from './runtime/run-service.ts';
export type { BackgroundWork, ServiceDefinition, ServiceName, ServiceParts } from './runtime/service-definition.ts';
export {
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
} from './runtime/tokens.ts';
export type { Runtime } from './runtime/runtime.module.ts';
export { EventContext } from './transport/event-context.ts';
