/**
 * Every name that dashboards, alerts and log queries depend on. Names are only ever added here:
 * a renamed metric is a silent hole in somebody's dashboard.
 */

/** Metrics as Prometheus shows them. The first nine are the deployment guide's, with its labels. */
export const METRIC = {
  agentDecisions: 'agent_decisions_total',
  agentDecisionDuration: 'agent_decision_duration_seconds',
  agentConfidence: 'agent_confidence_score',
  apiRequests: 'api_requests_total',
  apiRequestDuration: 'api_request_duration_seconds',
  dbConnectionsActive: 'db_connections_active',
  dbQueryDuration: 'db_query_duration_seconds',
  integrationRequests: 'integration_requests_total',
  integrationResponseTime: 'integration_response_time_seconds',
  relayLag: 'steward_relay_lag_events',
  projectionLag: 'steward_projection_lag_events',
  eventsIngested: 'steward_events_ingested_total',
  deadLetters: 'steward_dead_letters_total',
  backups: 'steward_backups_total',
  alertsFiring: 'steward_alerts_firing',
  appendBatchSize: 'steward_append_batch_size',
  logSignedHead: 'steward_log_signed_head_timestamp_seconds',
  appendsWaiting: 'steward_appends_waiting',
  backgroundFailures: 'steward_background_failures_total',
  relayRefills: 'steward_relay_refills_total',
  consumerLag: 'steward_consumer_lag_events',
  parkedStreams: 'steward_parked_streams',
  eventsCaughtUp: 'steward_events_caught_up_total',
  duplicatesDropped: 'steward_duplicates_dropped_total',
  slotsHeld: 'steward_slots_held',
  handlerDuration: 'steward_handler_duration_seconds',
  assessments: 'steward_agent_assessments_total',
  assessmentDuration: 'steward_agent_assessment_duration_seconds',
  agentLag: 'steward_agent_lag_events',
} as const;

/** Labels of the metrics above. Their values are few by design: never a tenant, stream, SKU or free text. A scrape shows them in this order. */
export const LABEL = {
  agentId: 'agent_id',
  decisionType: 'decision_type',
  integration: 'integration',
  method: 'method',
  endpoint: 'endpoint',
  status: 'status',
  queryType: 'query_type',
  log: 'log',
  projection: 'projection',
  outcome: 'outcome',
  consumer: 'consumer',
  severity: 'severity',
  work: 'work',
} as const;

/**
 * Attributes of spans. `http.*`, `db.*`, `messaging.*` and `error.type` follow OpenTelemetry semantic conventions 1.45,
 * `gen_ai.*` the GenAI conventions 1.42-dev, `cloudevents.*` theirs; what nobody standardised begins with `steward.`.
 */
export const ATTRIBUTE = {
  errorType: 'error.type',

  tenant: 'steward.tenant',
  correlationId: 'steward.correlation_id',
  causationId: 'steward.causation_id',
  log: 'steward.log',
  stream: 'steward.stream',
  position: 'steward.position',
  projection: 'steward.projection',
  commandType: 'steward.command.type',
  decisionId: 'steward.decision.id',
  decisionType: 'steward.decision.type',
  decidedBy: 'steward.decision.decided_by',
  confidence: 'steward.decision.confidence',
  approvalId: 'steward.approval.id',

  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  urlFull: 'url.full',
  urlPath: 'url.path',
  serverAddress: 'server.address',
  serverPort: 'server.port',

  dbSystem: 'db.system.name',
  dbOperation: 'db.operation.name',
  dbNamespace: 'db.namespace',
  dbBatchSize: 'db.operation.batch.size',

  messagingSystem: 'messaging.system.name',
  messagingOperationType: 'messaging.operation.type',
  messagingOperationName: 'messaging.operation.name',
  messagingDestination: 'messaging.destination.name',
  messagingDestinationTemplate: 'messaging.destination.template',
  messagingConsumerGroup: 'messaging.consumer.group.name',
  messagingMessageId: 'messaging.message.id',
  messagingConversationId: 'messaging.message.conversation_id',
  messagingBatchCount: 'messaging.batch.message_count',

  cloudEventId: 'cloudevents.event_id',
  cloudEventSource: 'cloudevents.event_source',
  cloudEventType: 'cloudevents.event_type',
  cloudEventSubject: 'cloudevents.event_subject',

  genAiOperation: 'gen_ai.operation.name',
  genAiProvider: 'gen_ai.provider.name',
  genAiAgentId: 'gen_ai.agent.id',
  genAiAgentName: 'gen_ai.agent.name',
  genAiConversationId: 'gen_ai.conversation.id',
  genAiModel: 'gen_ai.request.model',
  genAiOutputType: 'gen_ai.output.type',
} as const;

/** Fields that every line of log carries, when there is a value for them. */
export const LOG_FIELD = {
  service: 'service',
  instance: 'instance',
  traceId: 'trace_id',
  spanId: 'span_id',
  correlationId: 'correlation_id',
  tenant: 'tenant',
} as const;
