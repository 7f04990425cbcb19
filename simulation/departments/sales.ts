import { OrderCompletedV1 } from '#libs/contracts';
import type { OrderCompleted } from '#libs/contracts';
import { HOUR_MS, type LocalDate } from '#libs/kernel';
import type { LabelKind } from '../label.ts';
import { QUIET_DAYS } from '../plan/plot.ts';
import type { Random } from '../random.ts';
import type { Good } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import { UNIT } from './assortment.ts';
import { fillBasket, type Basket } from './basket.ts';
import type { Books, Oddity } from './books.ts';
import type { StockRoom } from './stock-room.ts';

type OrderOddity = Extract<LabelKind, 'unusual-amount' | 'unusual-time'>;

const REGULAR_SHARE = 0.3;
const REGULARS = 40;
/** Of the rate at which other records are odd: there are many more orders. */
const ODD_SHARE = 0.15;
const ODD_LEAST = 3.5;
const ODD_MOST = 10;
const DISCOUNT = 0.1;
const LEAST_TIP = 0.08;
const MOST_TIP = 0.2;
/** What a day is worse or better than was to be expected: at least and at most so many deviations. */
const CUT = 1.8;
const BANKED_AFTER_MINUTES = 45;
const NIGHT_FIRST_MINUTE = 2 * 60;
const NIGHT_LAST_MINUTE = 4 * 60 - 1;

/** Sells what is on the shelves, and banks each day's takings in one sum. */
export class Sales {
  readonly #world: World;
  readonly #books: Books;
  readonly #stock: StockRoom;
  readonly #random: Random;
  readonly #chance: Random;
  /** By itself, so that a day is as good or bad whatever befell those before it. */
  readonly #levels: Random;
  readonly #daySpread: number;
  #takings = 0;
  #orders = 0;
  #numberedOn: LocalDate = '';
  lostUnits = 0;

  constructor(world: World, books: Books, stock: StockRoom) {
    this.#world = world;
    this.#books = books;
    this.#stock = stock;
    this.#random = world.random('sales');
    this.#chance = world.random('odd sales');
    this.#levels = world.random('sales levels');
    const { avgDailyRevenue, avgTicket, revenueVariance } = world.profile;
    // Part of the wanted variance comes from the number of customers and what each spends.
    this.#daySpread = Math.sqrt(Math.max(0, revenueVariance ** 2 - 1.09 * (avgTicket / avgDailyRevenue)));
  }

  plan(day: Day): void {
    if (!day.isOpen) return;
    const { demand, profile, trade } = this.#world;
    const level = Math.max(0.2, this.#levels.normal(1, this.#daySpread, CUT));
    // Tips come on top of what is sold.
    const tickets = (demand.revenueOn(day.date) * level) / (profile.avgTicket * (1 + trade.tipShare * 0.07));
    for (const { hour, share } of demand.sellingHours()) {
      for (let count = this.#random.poisson(tickets * share); count > 0; count -= 1) {
        const minute = this.#random.within(hour * 60, hour * 60 + 60);
        this.#planSale(day, minute);
      }
    }
    this.#world.at(day.date, demand.closingMinute + BANKED_AFTER_MINUTES, () => {
      this.#bank(day);
    });
  }

  #planSale(day: Day, minute: number): void {
    const isOdd = this.#chance.chance(this.#world.profile.anomalyRate * ODD_SHARE) && day.index >= QUIET_DAYS;
    const oddity: OrderOddity = this.#chance.chance(0.6) ? 'unusual-amount' : 'unusual-time';
    const atNight = this.#chance.within(NIGHT_FIRST_MINUTE, NIGHT_LAST_MINUTE);
    this.#world.at(day.date, isOdd && oddity === 'unusual-time' ? atNight : minute, () => {
      if (this.#random.chance(this.#world.trade.returnShare)) this.#takeBack();
      else this.#sell(day, isOdd ? oddity : undefined);
    });
  }

  #sell(day: Day, oddity: OrderOddity | undefined): void {
    const { basket, lostUnits } = fillBasket({
      random: this.#random,
      goods: this.#world.trade.goods,
      averageTicket: this.#world.profile.avgTicket,
      takeOne: ({ sku }) => this.#stock.take(sku, 1),
    });
    this.lostUnits += lostUnits;
    if (basket.size === 0) return;
    const factor = oddity === 'unusual-amount' ? this.#wrongPriceFactor(basket) : 1;
    const orderId = this.#nextOrderId();
    if (oddity !== undefined) this.#label(oddity, orderId);
    const sale = this.#bill(day, basket, factor);
    this.#takings += sale.total.amount;
    this.#world.publish(OrderCompletedV1, orderId, { orderId, ...sale });
  }

  /** Somebody types a price with too many digits: the order comes to several times what others do. */
  #wrongPriceFactor(basket: Basket): number {
    const total = [...basket].reduce((sum, [good, count]) => sum + good.sellingPrice * count, 0);
    return (this.#world.profile.avgTicket * this.#chance.within(ODD_LEAST, ODD_MOST)) / total;
  }

  #bill({ index }: Day, basket: Basket, priceFactor: number): Omit<OrderCompleted, 'orderId'> {
    const lines = [...basket].map(([good, count]) => this.#line(good, count, priceFactor));
    const goods = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity.value * unitPrice.amount, 0);
    const channel = this.#random.choose(this.#world.trade.channels);
    const isDiscounted = this.#random.chance(this.#world.scenarios.most(index, 'discounted'));
    const discount = isDiscounted ? -Math.round(goods * DISCOUNT) : 0;
    const isTipped = this.#random.chance(this.#world.trade.tipShare);
    const tip = isTipped ? Math.round(goods * this.#random.within(LEAST_TIP, MOST_TIP)) : 0;
    const regular = this.#random.chance(REGULAR_SHARE) ? this.#random.between(1, REGULARS) : undefined;
    const adjustments = [
      ...(discount === 0
        ? []
        : [{ code: 'welcome-back', kind: 'discount', amount: this.#world.money(discount) } as const]),
      ...(tip === 0 ? [] : [{ code: 'tip', kind: 'tip', amount: this.#world.money(tip) } as const]),
    ];
    return {
      kind: 'sale',
      ...(regular === undefined ? {} : { customerId: `regular-${regular}` }),
      channel,
      lines,
      ...(adjustments.length === 0 ? {} : { adjustments }),
      total: this.#world.money(goods + discount + tip),
    };
  }

  #line(good: Good, count: number, priceFactor = 1): OrderCompleted['lines'][number] {
    return {
      sku: good.sku,
      description: good.name,
      quantity: { value: count, unit: UNIT },
      unitPrice: this.#world.money(this.#world.minor(good.sellingPrice) * priceFactor),
    };
  }

  /** One piece that keeps comes back, and is put on the shelf again. */
  #takeBack(): void {
    const good = this.#random.pick(this.#world.trade.goods.filter(({ shelfLifeDays }) => shelfLifeDays === undefined));
    if (good === undefined) return;
    const line = this.#line(good, 1);
    const orderId = this.#nextOrderId();
    this.#stock.put(good.sku, { lotId: `${good.sku}-returned`, quantity: 1 });
    this.#takings -= line.unitPrice.amount;
    const [[channel] = ['shop']] = this.#world.trade.channels;
    this.#world.publish(OrderCompletedV1, orderId, {
      orderId,
      kind: 'return',
      channel,
      lines: [line],
      total: line.unitPrice,
    });
  }

  #bank({ date, index }: Day): void {
    if (this.#takings <= 0) return;
    const amount = this.#takings;
    this.#takings = 0;
    const isOdd = this.#chance.chance(this.#world.profile.anomalyRate) && index >= QUIET_DAYS;
    const oddity: Oddity = this.#chance.chance(0.5) ? 'missing-reference' : 'duplicate';
    this.#books.record(
      { kind: 'income', category: 'sales-deposit', description: `Takings of ${date}`, prefix: 'DEP', amount },
      isOdd ? oddity : undefined,
    );
  }

  #label(oddity: OrderOddity, orderId: string): void {
    const { nowMs } = this.#world;
    this.#world.label({
      class: 'anomaly',
      kind: oddity,
      subjectRef: `order:${orderId}`,
      decisionTypes: ['transaction_anomaly'],
      atMs: nowMs,
      untilMs: nowMs + 6 * HOUR_MS,
    });
  }

  #nextOrderId(): string {
    const { today } = this.#world;
    if (today !== this.#numberedOn) this.#orders = 0;
    this.#numberedOn = today;
    this.#orders += 1;
    return `ticket-${today.replaceAll('-', '')}-${this.#orders}`;
  }
}
