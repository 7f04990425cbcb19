import type { LocalDate } from '#libs/kernel';
import type { LoggedFact } from '#libs/agent-kit';
import { idOf, type Told } from './told.ts';

type Order = {
  readonly supplierId: string;
  readonly placedMs: number;
  readonly expectedOn: LocalDate | undefined;
  receivedMs: number | undefined;
};
type Price = Readonly<{ atMs: number; price: number }>;

const LATE_SHARE = 0.1;
const PRICE_RISE = 1.05;

/** How late suppliers really delivered. */
export class SupplierTruth {
  readonly #told: Told;
  readonly #orders = new Map<string, Order>();
  readonly #prices = new Map<string, readonly Price[]>();

  constructor(told: Told) {
    this.#told = told;
    for (const fact of told.facts) this.#enter(fact);
  }

  /** Several of its deliveries were late, one is still awaited after its day, or its prices rose. */
  givesCause(subjectRef: string, atMs: number): boolean {
    const supplierId = idOf(subjectRef);
    const today = this.#told.zone.at(atMs).date;
    const orders = [...this.#orders.values()].filter(
      (order) => order.supplierId === supplierId && order.placedMs <= atMs,
    );
    const late = orders.filter(({ expectedOn, receivedMs }) => {
      if (expectedOn === undefined) return false;
      return expectedOn < (receivedMs === undefined || receivedMs > atMs ? today : this.#told.zone.at(receivedMs).date);
    });
    if (late.length >= Math.max(2, orders.length * LATE_SHARE)) return true;
    return [...this.#prices].some(([key, prices]) => key.startsWith(`${supplierId}/`) && rose(prices, atMs));
  }

  #enter(fact: LoggedFact): void {
    if (fact.type === 'steward.inventory.purchase-order-placed.v1') {
      const { purchaseOrderId, supplierId, expectedOn, lines } = fact.data;
      this.#orders.set(purchaseOrderId, { supplierId, placedMs: fact.occurredAtMs, expectedOn, receivedMs: undefined });
      for (const { sku, unitCost } of lines) {
        const key = `${supplierId}/${sku}`;
        this.#prices.set(key, [...(this.#prices.get(key) ?? []), { atMs: fact.occurredAtMs, price: unitCost.amount }]);
      }
    }
    if (fact.type !== 'steward.inventory.purchase-order-received.v1') return;
    const order = this.#orders.get(fact.data.purchaseOrderId);
    if (order) order.receivedMs = fact.occurredAtMs;
  }
}

function rose(prices: readonly Price[], atMs: number): boolean {
  const known = prices.filter((one) => one.atMs <= atMs).map(({ price }) => price);
  return (known.at(-1) ?? 0) > Math.min(...known) * PRICE_RISE;
}
