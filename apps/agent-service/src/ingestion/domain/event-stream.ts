import { streamId, type StreamId } from '#libs/kernel';
import type { ParsedBusinessEvent } from '#libs/contracts';

/** The stream that a business event belongs to: the thing that it is about, so that its history is in one place. */
export function streamOf({ type, data }: ParsedBusinessEvent): StreamId {
  switch (type) {
    case 'steward.sales.order-completed.v1':
      return streamId('order', data.orderId);
    case 'steward.inventory.item-registered.v1':
    case 'steward.inventory.stock-moved.v1':
      return streamId('item', data.sku);
    case 'steward.inventory.supplier-registered.v1':
      return streamId('supplier', data.supplierId);
    case 'steward.inventory.purchase-order-placed.v1':
    case 'steward.inventory.purchase-order-received.v1':
      return streamId('purchase_order', data.purchaseOrderId);
    case 'steward.accounting.account-opened.v1':
      return streamId('account', data.accountId);
    case 'steward.accounting.transaction-recorded.v1':
      return streamId('transaction', data.transactionId);
    case 'steward.accounting.invoice-issued.v1':
    case 'steward.accounting.invoice-paid.v1':
      return streamId('invoice', data.invoiceId);
    case 'steward.accounting.bill-received.v1':
    case 'steward.accounting.bill-paid.v1':
      return streamId('bill', data.billId);
    case 'steward.workforce.employee-registered.v1':
    case 'steward.workforce.clock-recorded.v1':
    case 'steward.workforce.shift-scheduled.v1':
    case 'steward.workforce.leave-requested.v1':
      return streamId('employee', data.employeeId);
  }
}
