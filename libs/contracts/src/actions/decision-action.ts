import { z } from 'zod';
import {
  adjustParameterActionSchema,
  collectReceivableActionSchema,
  flagTransactionActionSchema,
  payBillActionSchema,
  protectCashActionSchema,
  publishReportActionSchema,
} from './accounting-actions.ts';
import {
  buyInBulkActionSchema,
  changeReorderPolicyActionSchema,
  expediteOrderActionSchema,
  investigateStockActionSchema,
  linkItemsActionSchema,
  planForDemandActionSchema,
  reduceStockActionSchema,
  reorderActionSchema,
  reviewInventoryActionSchema,
  reviewSupplierActionSchema,
  sellLotActionSchema,
} from './inventory-actions.ts';
import {
  adjustStaffingActionSchema,
  answerLeaveActionSchema,
  fillShiftActionSchema,
  limitOvertimeActionSchema,
  reduceLaborCostActionSchema,
  reviewClockRecordActionSchema,
} from './workforce-actions.ts';

/** Everything an agent may decide to do; `kind` tells the members apart. */
export const decisionActionSchema = z.discriminatedUnion('kind', [
  flagTransactionActionSchema,
  collectReceivableActionSchema,
  payBillActionSchema,
  protectCashActionSchema,
  adjustParameterActionSchema,
  publishReportActionSchema,
  reorderActionSchema,
  expediteOrderActionSchema,
  investigateStockActionSchema,
  reduceStockActionSchema,
  sellLotActionSchema,
  changeReorderPolicyActionSchema,
  buyInBulkActionSchema,
  planForDemandActionSchema,
  reviewSupplierActionSchema,
  linkItemsActionSchema,
  reviewInventoryActionSchema,
  reviewClockRecordActionSchema,
  limitOvertimeActionSchema,
  reduceLaborCostActionSchema,
  adjustStaffingActionSchema,
  fillShiftActionSchema,
  answerLeaveActionSchema,
]);
/** Everything an agent may decide to do. */
export type DecisionAction = Readonly<z.output<typeof decisionActionSchema>>;
