import { agentId } from '#libs/kernel';
import type { AgentDefinition, CashAdviser, FactType } from '#libs/agent-kit';
import { enterInventory, INVENTORY_FACTS, openInventoryBook, type InventoryBook } from './domain/inventory-book.ts';
import { analyticsDetectors } from './domain/analytics/analytics-detectors.ts';
import { expiry } from './domain/detectors/expiry.ts';
import { lowStock } from './domain/detectors/low-stock.ts';
import { overstock } from './domain/detectors/overstock.ts';
import { reorder } from './domain/detectors/reorder.ts';
import { stockAdjustment } from './domain/detectors/stock-adjustment.ts';
import { unusualConsumption } from './domain/detectors/unusual-consumption.ts';
import { waste } from './domain/detectors/waste.ts';
import { wholeStock } from './domain/detectors/whole-stock.ts';

/** Rises when the form of the inventory's own books or how they are kept changes. */
const BOOK_VERSION = 1;
/** Keeps the versions of the two books apart in one number. */
const VERSIONS_OF_CASH_BOOK = 1_000;

/** What accounting's answers rest on. */
const CASH_FACTS: readonly FactType[] = [
  'steward.sales.order-completed.v1',
  'steward.accounting.account-opened.v1',
  'steward.accounting.transaction-recorded.v1',
  'steward.accounting.invoice-issued.v1',
  'steward.accounting.invoice-paid.v1',
  'steward.accounting.bill-received.v1',
  'steward.accounting.bill-paid.v1',
];

/**
 * Looks after what is in stock: what to buy, what spoils, what stands out. Before a large purchase it asks accounting, whose book
 * it keeps beside its own, so that the answer is of the log position at which the question stands.
 */
export function inventoryAgent<CashBook>(
  cash: CashAdviser<CashBook>,
): AgentDefinition<InventoryBook & { cash: CashBook }> {
  return {
    id: agentId('inventory_agent'),
    name: 'Inventory agent',
    handles: [...new Set([...INVENTORY_FACTS, ...CASH_FACTS])],
    bookKeeping: {
      version: BOOK_VERSION * VERSIONS_OF_CASH_BOOK + cash.bookKeeping.version,
      open: () => ({ ...openInventoryBook(), cash: cash.bookKeeping.open() }),
      enter: (book, fact, settings) => {
        enterInventory(book, fact, settings);
        cash.bookKeeping.enter(book.cash, fact, settings);
      },
    },
    detectors: [
      reorder(cash),
      lowStock,
      unusualConsumption,
      stockAdjustment,
      expiry,
      overstock,
      waste,
      wholeStock,
      ...analyticsDetectors,
    ],
    isEnabled: ({ agents }) => agents.inventory.enabled,
  };
}
