import type { CloudEvent } from './cloud-event.ts';
import type { EventContract } from './event-contract.ts';
import { UnknownEventType } from './event-contract.errors.ts';
import { OrderCompletedV1 } from './events/sales.ts';
import {
  AccountOpenedV1,
  BillPaidV1,
  BillReceivedV1,
  InvoiceIssuedV1,
  InvoicePaidV1,
  TransactionRecordedV1,
} from './events/accounting.ts';
import {
  ItemRegisteredV1,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  StockMovedV1,
  SupplierRegisteredV1,
} from './events/inventory.ts';
import { ClockRecordedV1, EmployeeRegisteredV1, LeaveRequestedV1, ShiftScheduledV1 } from './events/workforce.ts';
import {
  AgentPausedV1,
  AgentResumedV1,
  AgentStartedV1,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  DecisionMadeV1,
} from './events/agent.ts';
import {
  ActionExecutedV1,
  ActionFailedV1,
  ApprovalExpiredV1,
  ApprovalGrantedV1,
  ApprovalRejectedV1,
  ApprovalRequestedV1,
  OutcomeRecordedV1,
} from './events/agent-actions.ts';
import {
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  AlertAcknowledgedV1,
  AlertRaisedV1,
  AlertResolvedV1,
  ComponentBecameUnhealthyV1,
  ComponentRecoveredV1,
  DiagnosisMadeV1,
} from './events/health.ts';
import {
  ReportPublishedV1,
  TaskCompletedV1,
  TaskFailedV1,
  TaskSkippedV1,
  TaskStartedV1,
} from './events/maintenance.ts';
import { BackupCompletedV1, BackupFailedV1, BackupStartedV1, BackupVerifiedV1 } from './events/recovery-backups.ts';
import {
  DrillCompletedV1,
  DrillFailedV1,
  FailoverCompletedV1,
  FailoverFailedV1,
  FailoverStartedV1,
  RestoreCompletedV1,
  RestoreFailedV1,
  RestoreRequestedV1,
} from './events/recovery.ts';

/** Every event that a business system may publish, oldest capability first. */
export const BUSINESS_CONTRACTS = [
  OrderCompletedV1,
  AccountOpenedV1,
  TransactionRecordedV1,
  InvoiceIssuedV1,
  InvoicePaidV1,
  BillReceivedV1,
  BillPaidV1,
  ItemRegisteredV1,
  SupplierRegisteredV1,
  StockMovedV1,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  EmployeeRegisteredV1,
  ClockRecordedV1,
  ShiftScheduledV1,
  LeaveRequestedV1,
] as const;

/** Every event that one of Steward's services publishes. */
export const SERVICE_CONTRACTS = [
  DecisionMadeV1,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  AgentStartedV1,
  AgentPausedV1,
  AgentResumedV1,
  ApprovalRequestedV1,
  ApprovalGrantedV1,
  ApprovalRejectedV1,
  ApprovalExpiredV1,
  ActionExecutedV1,
  ActionFailedV1,
  OutcomeRecordedV1,
  ComponentBecameUnhealthyV1,
  ComponentRecoveredV1,
  AgentBecameUnhealthyV1,
  AgentRecoveredV1,
  AlertRaisedV1,
  AlertAcknowledgedV1,
  AlertResolvedV1,
  DiagnosisMadeV1,
  TaskStartedV1,
  TaskCompletedV1,
  TaskFailedV1,
  TaskSkippedV1,
  ReportPublishedV1,
  BackupStartedV1,
  BackupCompletedV1,
  BackupVerifiedV1,
  BackupFailedV1,
  DrillCompletedV1,
  DrillFailedV1,
  RestoreRequestedV1,
  RestoreCompletedV1,
  RestoreFailedV1,
  FailoverStartedV1,
  FailoverCompletedV1,
  FailoverFailedV1,
] as const;

/** Every event type of every version that was ever released. */
export const EVENT_CONTRACTS: readonly EventContract[] = [...BUSINESS_CONTRACTS, ...SERVICE_CONTRACTS];

/** A contract that business systems may publish under. */
export type BusinessContract = (typeof BUSINESS_CONTRACTS)[number];

/** A contract that one of the services publishes under. */
export type ServiceContract = (typeof SERVICE_CONTRACTS)[number];

/** A checked business event; `type` tells which, and narrows `data`. */
export type ParsedBusinessEvent = ReturnType<BusinessContract['read']>;

const byType: ReadonlyMap<string, EventContract> = new Map(
  EVENT_CONTRACTS.map((contract) => [contract.type, contract]),
);
const businessByType: ReadonlyMap<string, BusinessContract> = new Map(
  BUSINESS_CONTRACTS.map((contract) => [contract.type, contract]),
);

/** The contract of a type, whoever publishes it. */
export function contractOf(type: string): EventContract | undefined {
  return byType.get(type);
}

/** The contract of a type that business systems may publish; `undefined` for the services' own types too. */
export function businessContractOf(type: string): BusinessContract | undefined {
  return businessByType.get(type);
}

/**
 * Checks an event of a business system against the contract of its type. Unknown keys in its data are refused.
 * @throws UnknownEventType when business systems may not publish the type; it names the types near it
 * @throws EventDataInvalid with a JSON pointer for each trouble
 */
export function parseBusinessEvent(event: CloudEvent): ParsedBusinessEvent {
  const contract = businessContractOf(event.type);
  if (contract === undefined) throw new UnknownEventType(event.type, typesNear(event.type));
  return contract.read(event);
}

/** The types of the area that was meant; all types when the area is unknown too. */
function typesNear(type: string): readonly string[] {
  const area = BUSINESS_CONTRACTS.find((contract) => type.split(/[^a-z]+/i).includes(contract.area))?.area;
  return BUSINESS_CONTRACTS.filter((contract) => area === undefined || contract.area === area).map(
    (contract) => contract.type,
  );
}
