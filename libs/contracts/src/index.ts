// The door of the contracts: every name that others may use, file by file.
export { SLOT_COUNT, slotOf } from '#libs/kernel';
export { agentDetailSchema, agentItemSchema, agentPageSchema, agentTurnRequestSchema } from './api/agents.ts';
export type { AgentDetail, AgentItem, AgentReport, AgentTurnRequest } from './api/agents.ts';
export { alertItemSchema, alertListQuerySchema, alertPageSchema, alertStatusSchema } from './api/alerts.ts';
export type { AlertItem, AlertListQuery, AlertStatus } from './api/alerts.ts';
export { backupItemSchema, backupPageSchema, backupRequestSchema, backupStatusSchema } from './api/backups.ts';
export type { BackupItem, BackupRequest, BackupStatus } from './api/backups.ts';
export {
  decisionCauseSchema,
  decisionDetailSchema,
  decisionItemSchema,
  decisionListQuerySchema,
  decisionPageSchema,
  outcomeRequestSchema,
} from './api/decisions.ts';
export type {
  DecisionCause,
  DecisionDetail,
  DecisionItem,
  DecisionListQuery,
  DecisionPage,
  OutcomeRequest,
} from './api/decisions.ts';
export { forecastListQuerySchema, forecastPageSchema } from './api/forecasts.ts';
export type { CashFlowForecast, DemandForecast, ForecastListQuery, ForecastPage } from './api/forecasts.ts';
export { componentHealthPageSchema, componentHealthSchema, healthAnswerSchema } from './api/health.ts';
export type { ComponentHealth, HealthAnswer } from './api/health.ts';
export {
  CLOUD_EVENT_BATCH_MEDIA_TYPE,
  CLOUD_EVENT_MEDIA_TYPE,
  ingestBatchResultSchema,
  ingestResultSchema,
} from './api/ingest.ts';
export type { IngestBatchResult, IngestResult } from './api/ingest.ts';
export { entryListQuerySchema, entryPageSchema, ledgerQuerySchema, ledgerSchema } from './api/ledger.ts';
export type {
  AccountItem,
  EntryItem,
  EntryListQuery,
  EntryPage,
  Ledger,
  LedgerQuery,
  LedgerTotals,
} from './api/ledger.ts';
export { obligationListQuerySchema, obligationPageSchema } from './api/obligations.ts';
export type { AgeingBucket, ObligationItem, ObligationListQuery, ObligationPage } from './api/obligations.ts';
export {
  BUS_LOG_POSITION_HEADER,
  BUS_TIMEOUT_HEADER,
  BUS_WAIT_FOR_POSITION_HEADER,
  LOG_POSITION_HEADER,
  positionText,
  WAIT_FOR_POSITION_HEADER,
  wantedPositionSchema,
  writtenPositionSchema,
} from './api/log-position.ts';
export type { EpochPosition, WantedPosition } from './api/log-position.ts';
export { cursorSchema, DEFAULT_PAGE_SIZE, listQuerySchema, MAXIMUM_PAGE_SIZE, pageOf } from './api/page.ts';
export type { ListQuery, Page } from './api/page.ts';
export { PROBLEM_MEDIA_TYPE, problemSchema } from './api/problem.ts';
export type { Problem } from './api/problem.ts';
export { isRange, MAXIMUM_RANGE_DAYS, RANGE_ERROR } from './api/stands-at.ts';
export type { StandsAt } from './api/stands-at.ts';
export { purchaseOrderListQuerySchema, purchaseOrderPageSchema, supplierPageSchema } from './api/purchasing.ts';
export type { PurchaseOrderItem, PurchaseOrderListQuery, PurchaseOrderPage } from './api/purchasing.ts';
export type { SupplierItem, SupplierPage } from './api/purchasing.ts';
export { stockPageSchema } from './api/stock.ts';
export type { StockLevel, StockPage } from './api/stock.ts';
export { taskItemSchema, taskPageSchema, taskStatusSchema } from './api/tasks.ts';
export type { TaskItem, TaskStatus } from './api/tasks.ts';
export { workforceQuerySchema, workforceSchema } from './api/workforce.ts';
export type { EmployeeItem, WorkforceAnswer, WorkforceQuery } from './api/workforce.ts';
export type { Channel, Operation } from './asyncapi-channels.ts';
export type { Components } from './asyncapi-components.ts';
export { asyncApiDocument } from './asyncapi.ts';
export type { AsyncApiDocument, AsyncApiInput, AsyncApiServer, ServiceName } from './asyncapi.ts';
export { parseBinary, toBinaryHeaders } from './binary-mode.ts';
export type { BinaryBinding } from './binary-mode.ts';
export { InvalidCloudEvent } from './cloud-event.errors.ts';
export { cloudEventSchema, parseStructured } from './cloud-event.ts';
export type { CloudEvent } from './cloud-event.ts';
export { EventDataInvalid, UnknownEventType } from './event-contract.errors.ts';
export { defineEvent } from './event-contract.ts';
export type { EventContract, EventData, ParsedEvent } from './event-contract.ts';
export {
  BUSINESS_CONTRACTS,
  businessContractOf,
  contractOf,
  EVENT_CONTRACTS,
  parseBusinessEvent,
  SERVICE_CONTRACTS,
} from './event-contracts.ts';
export type { BusinessContract, ParsedBusinessEvent, ServiceContract } from './event-contracts.ts';
export {
  AccountOpenedV1,
  BillPaidV1,
  BillReceivedV1,
  InvoiceIssuedV1,
  InvoicePaidV1,
  TransactionRecordedV1,
} from './events/accounting.ts';
export type {
  AccountOpened,
  BillPaid,
  BillReceived,
  InvoiceIssued,
  InvoicePaid,
  TransactionRecorded,
} from './events/accounting.ts';
export {
  ActionExecutedV1,
  ActionFailedV1,
  ApprovalExpiredV1,
  ApprovalGrantedV1,
  ApprovalRejectedV1,
  ApprovalRequestedV1,
  OutcomeRecordedV1,
} from './events/agent-actions.ts';
export type {
  ActionExecuted,
  ActionFailed,
  ApprovalExpired,
  ApprovalGranted,
  ApprovalRejected,
  ApprovalRequested,
  OutcomeRecorded,
} from './events/agent-actions.ts';
export {
  AgentPausedV1,
  AgentResumedV1,
  AgentStartedV1,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  confidenceFactorSchema,
  consultationSchema,
  decidedBySchema,
  DecisionMadeV1,
  decisionSchema,
  evidenceSchema,
  figureSchema,
  findingRefSchema,
  modelUseSchema,
} from './events/agent.ts';
export { decisionActionSchema } from './actions/decision-action.ts';
export type { DecisionAction } from './actions/decision-action.ts';
export type {
  AgentPaused,
  AgentResumed,
  AgentStarted,
  AssessmentCompleted,
  AssessmentFailed,
  ConfidenceFactor,
  Consultation,
  DecidedBy,
  DecisionMade,
  Figure,
} from './events/agent.ts';
export {
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  AlertAcknowledgedV1,
  AlertRaisedV1,
  AlertResolvedV1,
  alertSeveritySchema,
  ComponentBecameUnhealthyV1,
  componentKindSchema,
  ComponentRecoveredV1,
  DiagnosisMadeV1,
} from './events/health.ts';
export type {
  AgentBecameUnhealthy,
  AgentRecovered,
  AlertAcknowledged,
  AlertRaised,
  AlertResolved,
  AlertSeverity,
  ComponentBecameUnhealthy,
  ComponentKind,
  ComponentRecovered,
  DiagnosisMade,
} from './events/health.ts';
export {
  ItemRegisteredV1,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  StockMovedV1,
  SupplierRegisteredV1,
} from './events/inventory.ts';
export type {
  ItemRegistered,
  PurchaseOrderPlaced,
  PurchaseOrderReceived,
  StockMoved,
  SupplierRegistered,
} from './events/inventory.ts';
export {
  ReportPublishedV1,
  TaskCompletedV1,
  TaskFailedV1,
  TaskSkippedV1,
  TaskStartedV1,
  taskTriggerSchema,
} from './events/maintenance.ts';
export type {
  ReportPublished,
  TaskCompleted,
  TaskFailed,
  TaskSkipped,
  TaskStarted,
  TaskTrigger,
} from './events/maintenance.ts';
export {
  BackupCompletedV1,
  BackupFailedV1,
  backupPhaseSchema,
  BackupStartedV1,
  BackupVerifiedV1,
  tableCountsSchema,
} from './events/recovery-backups.ts';
export type {
  BackupCompleted,
  BackupFailed,
  BackupPhase,
  BackupStarted,
  BackupVerified,
} from './events/recovery-backups.ts';
export {
  DrillCompletedV1,
  DrillFailedV1,
  FailoverCompletedV1,
  FailoverFailedV1,
  FailoverStartedV1,
  RestoreCompletedV1,
  RestoreFailedV1,
  RestoreRequestedV1,
} from './events/recovery.ts';
export type {
  DrillCompleted,
  DrillFailed,
  FailoverCompleted,
  FailoverFailed,
  FailoverStarted,
  RestoreCompleted,
  RestoreFailed,
  RestoreRequested,
} from './events/recovery.ts';
export { orderAdjustmentSchema, OrderCompletedV1, orderLineSchema } from './events/sales.ts';
export type { OrderCompleted } from './events/sales.ts';
export { ClockRecordedV1, EmployeeRegisteredV1, LeaveRequestedV1, ShiftScheduledV1 } from './events/workforce.ts';
export type { ClockRecorded, EmployeeRegistered, LeaveRequested, ShiftScheduled } from './events/workforce.ts';
export { heartbeatSchema, heartbeatStatusSchema } from './heartbeat.ts';
export type { Heartbeat, HeartbeatStatus } from './heartbeat.ts';
export { jsonSchemaOf, schemaPathOf } from './json-schema.ts';
export type { JsonSchema } from './json-schema.ts';
export { sampleEventOf } from './sample-event.ts';
export { fromSubjectToken, subjectToken } from './subject-tokens.ts';
export {
  alertSubject,
  ALL_HEARTBEATS,
  businessSubject,
  deadLetterSubject,
  eventFilter,
  eventNameOf,
  eventSubject,
  heartbeatSubject,
  parseBusinessSubject,
  querySubject,
  STREAM_SUBJECTS,
  STREAMS,
} from './subjects.ts';
export type { EventAddress, StreamName } from './subjects.ts';
export {
  actorSchema,
  agentIdSchema,
  checkSchema,
  countSchema,
  currencySchema,
  durationMsSchema,
  eventIdSchema,
  factsSchema,
  idSchema,
  instantSchema,
  labelsSchema,
  localDateSchema,
  logPositionSchema,
  logPositionsSchema,
  lotSchema,
  moneySchema,
  nameSchema,
  positiveQuantitySchema,
  quantitySchema,
  sha256Schema,
  skuSchema,
  tenantIdSchema,
  textSchema,
} from './values.ts';
export type { Check, LogPositionEntry, Lot } from './values.ts';
export { jsonPointer, PLAIN_WORDS, violationsOf } from './violations.ts';
