/** What kind of business it is: with whom it deals, what it sells, who works there and when. Amounts are whole units. */
export type Trade = Readonly<{
  suppliers: readonly Supplier[];
  goods: readonly Good[];
  /** Who sends bills for other things than goods. */
  vendors: readonly Vendor[];
  /** Other businesses that are billed. */
  customers: readonly Customer[];
  people: readonly Person[];
  rota: Rota;
  /** What is bought now and then, at no fixed time. */
  oneOffs: readonly OneOff[];
  /** Of bills for goods. */
  goodsCategory: string;
  channels: readonly (readonly [channel: string, weight: number])[];
  /** Share of customers who bring something back. */
  returnShare: number;
  /** Share of sales with a tip. */
  tipShare: number;
  /** Why goods leave without being sold. */
  ownUse: string;
}>;

export type Supplier = Readonly<{
  supplierId: string;
  name: string;
  leadTimeDays: number;
  /** Share of deliveries that come on the day they were promised for. */
  reliability: number;
  paymentTermsDays: number;
  /** Of what the same good costs elsewhere. */
  priceFactor: number;
}>;

export type Good = Readonly<{
  sku: string;
  name: string;
  category: string;
  unitCost: number;
  sellingPrice: number;
  /** How likely a customer takes it, beside the others. */
  popularity: number;
  /** Absent: it keeps for ever. */
  shelfLifeDays?: number;
  /** What is ordered at a time lasts so many days. */
  coverDays: number;
  supplierId: string;
  /** Who sells it, too. */
  otherSupplierId?: string;
}>;

export type Vendor = Readonly<{ name: string; category: string; usual: number; termsDays: number }>;
export type Customer = Readonly<{ customerId: string; name: string; orders: string }>;

/** `front` serves customers, `back` works behind them, `night` comes when everybody has gone. */
export type Role = 'manager' | 'front' | 'back' | 'night';

export type Person = Readonly<{
  employeeId: string;
  name: string;
  role: Role;
  position: string;
  department: string;
  employment: 'full-time' | 'part-time' | 'casual';
  hourlyRate: number;
  weeklyHours: number;
  hiredOn: string;
}>;

/** A place on the rota: minutes since midnight of its day; an end after midnight is more than 1440. */
export type Post = Readonly<{
  role: Role;
  begin: number;
  end: number;
  breakMinutes: number;
  /** ISO weekdays; every open day when absent. */
  weekdays?: readonly number[];
}>;

export type Rota = Readonly<{
  base: readonly Post[];
  /** More people on busy days, in this order; `begin` and `end` are the longest they stay. */
  extra: readonly Readonly<{ role: Role; begin: number; end: number; keeps: 'begin' | 'end' }>[];
  night: Readonly<{ everyDays: number; post: Post }>;
}>;

export type OneOff = Readonly<{ category: string; description: string; least: number; most: number }>;

/** `9:30` as minutes since midnight. */
export function clockTime(text: `${number}:${number}`): number {
  const [hours = '0', minutes = '0'] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}
