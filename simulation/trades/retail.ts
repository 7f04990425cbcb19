import { clockTime, type Good, type Person, type Rota, type Supplier, type Trade } from './trade.ts';

const SUPPLIERS: readonly Supplier[] = [
  {
    supplierId: 'main-wholesale',
    name: 'Main Wholesale',
    leadTimeDays: 7,
    reliability: 0.95,
    paymentTermsDays: 30,
    priceFactor: 1,
  },
  {
    supplierId: 'local-distributor',
    name: 'Local Distributor',
    leadTimeDays: 3,
    reliability: 0.96,
    paymentTermsDays: 15,
    priceFactor: 1.1,
  },
  {
    supplierId: 'maker-direct',
    name: 'Maker Direct',
    leadTimeDays: 10,
    reliability: 0.93,
    paymentTermsDays: 30,
    priceFactor: 0.9,
  },
];

const WHOLESALE = { supplierId: 'main-wholesale', coverDays: 10 };
const LOCAL = { supplierId: 'local-distributor', coverDays: 7 };
const DIRECT = { supplierId: 'maker-direct', coverDays: 14 };

const GOODS: readonly Good[] = [
  {
    ...DIRECT,
    sku: 'ELEC001',
    name: 'Headphones',
    category: 'electronics',
    unitCost: 42,
    sellingPrice: 89.99,
    popularity: 5,
  },
  {
    ...WHOLESALE,
    sku: 'ELEC002',
    name: 'Earbuds',
    category: 'electronics',
    unitCost: 18,
    sellingPrice: 39.99,
    popularity: 9,
    otherSupplierId: 'local-distributor',
  },
  {
    ...WHOLESALE,
    sku: 'CLOTH001',
    name: 'T-shirt, white',
    category: 'clothing',
    unitCost: 12,
    sellingPrice: 29.99,
    popularity: 12,
    otherSupplierId: 'local-distributor',
  },
  {
    ...WHOLESALE,
    sku: 'CLOTH002',
    name: 'T-shirt, black',
    category: 'clothing',
    unitCost: 12,
    sellingPrice: 29.99,
    popularity: 13,
  },
  { ...WHOLESALE, sku: 'CLOTH003', name: 'Cap', category: 'clothing', unitCost: 8, sellingPrice: 22, popularity: 8 },
  { ...LOCAL, sku: 'HOME001', name: 'Mug', category: 'home', unitCost: 8.5, sellingPrice: 19.99, popularity: 11 },
  {
    ...LOCAL,
    sku: 'HOME002',
    name: 'Candle',
    category: 'home',
    unitCost: 6.5,
    sellingPrice: 16.5,
    popularity: 10,
  },
  {
    ...LOCAL,
    sku: 'FOOD001',
    name: 'Box of chocolates',
    category: 'specialty',
    unitCost: 5,
    sellingPrice: 12.5,
    popularity: 10,
    shelfLifeDays: 60,
  },
  {
    ...LOCAL,
    sku: 'FOOD002',
    name: 'Fresh shortbread',
    category: 'specialty',
    unitCost: 3.4,
    sellingPrice: 8.5,
    popularity: 9,
    shelfLifeDays: 21,
    coverDays: 5,
  },
  {
    ...WHOLESALE,
    sku: 'BOOK001',
    name: 'Novel',
    category: 'books',
    unitCost: 6,
    sellingPrice: 14.99,
    popularity: 12,
    otherSupplierId: 'local-distributor',
  },
];

const ASSOCIATE = { role: 'front', position: 'sales associate', department: 'shop floor', hourlyRate: 15 } as const;
const CLERK = { role: 'back', position: 'stock clerk', department: 'stock room', hourlyRate: 16 } as const;
const FULL_TIME = { employment: 'full-time', weeklyHours: 37.5 } as const;
const PART_TIME = { employment: 'part-time', weeklyHours: 24 } as const;

const PEOPLE: readonly Person[] = [
  {
    ...PART_TIME,
    employeeId: 'employee-1',
    name: 'Taylor Quinn',
    role: 'manager',
    position: 'manager',
    department: 'management',
    hourlyRate: 22,
    hiredOn: '2020-10-05',
  },
  { ...ASSOCIATE, ...FULL_TIME, employeeId: 'employee-2', name: 'Jamie Sato', hiredOn: '2022-07-04' },
  { ...ASSOCIATE, ...PART_TIME, employeeId: 'employee-3', name: 'Lee Fontaine', hiredOn: '2023-10-16' },
  { ...ASSOCIATE, ...PART_TIME, employeeId: 'employee-4', name: 'Priya Nair', hiredOn: '2025-05-12' },
  { ...CLERK, ...FULL_TIME, employeeId: 'employee-5', name: 'Ola Berg', hiredOn: '2023-01-23' },
  { ...CLERK, ...PART_TIME, employeeId: 'employee-6', name: 'Max Ferrari', hiredOn: '2024-06-03' },
  {
    employeeId: 'employee-7',
    name: 'Rene Alvarez',
    role: 'night',
    position: 'stock taker',
    department: 'stock room',
    employment: 'casual',
    hourlyRate: 16,
    weeklyHours: 8,
    hiredOn: '2024-02-19',
  },
];

const ROTA: Rota = {
  base: [
    { role: 'front', begin: clockTime('9:45'), end: clockTime('17:45'), breakMinutes: 30 },
    { role: 'back', begin: clockTime('10:00'), end: clockTime('18:00'), breakMinutes: 30 },
    {
      role: 'manager',
      begin: clockTime('11:00'),
      end: clockTime('18:15'),
      breakMinutes: 30,
      weekdays: [5, 6],
    },
  ],
  extra: [
    { role: 'front', begin: clockTime('12:15'), end: clockTime('18:15'), keeps: 'end' },
    { role: 'front', begin: clockTime('10:15'), end: clockTime('16:15'), keeps: 'begin' },
    { role: 'back', begin: clockTime('12:15'), end: clockTime('18:15'), keeps: 'end' },
    { role: 'front', begin: clockTime('12:15'), end: clockTime('18:15'), keeps: 'end' },
  ],
  night: {
    everyDays: 11,
    post: { role: 'night', begin: clockTime('20:00'), end: clockTime('25:00'), breakMinutes: 30 },
  },
};

/** A shop for gifts: closed on Sundays, busy on Saturdays, and full before Christmas. */
export const RETAIL: Trade = {
  suppliers: SUPPLIERS,
  goods: GOODS,
  vendors: [
    { name: 'City Power & Light', category: 'electricity', usual: 380, termsDays: 15 },
    { name: 'Shop Fitters', category: 'fittings', usual: 420, termsDays: 30 },
    { name: 'Card Terminal Services', category: 'payment-fees', usual: 310, termsDays: 15 },
    { name: 'Parcel Carrier', category: 'parcels', usual: 290, termsDays: 15 },
    { name: 'Window Cleaning', category: 'cleaning', usual: 140, termsDays: 30 },
    { name: 'Alarm & Security', category: 'security', usual: 220, termsDays: 30 },
    { name: 'Packaging Supplies', category: 'packaging', usual: 260, termsDays: 30 },
    { name: 'Book-keeping Office', category: 'book-keeping', usual: 350, termsDays: 30 },
  ],
  customers: [
    { customerId: 'customer-21', name: 'Riverside Hotel', orders: 'Gifts for guests' },
    { customerId: 'customer-22', name: 'Bright Ideas Agency', orders: 'Branded gifts' },
    { customerId: 'customer-23', name: 'Old Town Museum', orders: 'Stock for the museum shop' },
    { customerId: 'customer-24', name: 'Oakfield Insurance', orders: 'Presents for staff' },
  ],
  people: PEOPLE,
  rota: ROTA,
  oneOffs: [
    { category: 'equipment-repair', description: 'Repair of a till', least: 200, most: 1_500 },
    { category: 'marketing-campaign', description: 'Seasonal campaign', least: 500, most: 2_000 },
    { category: 'equipment-purchase', description: 'New display cases', least: 1_000, most: 4_000 },
    { category: 'legal', description: 'Legal advice', least: 300, most: 1_200 },
    { category: 'bulk-supplies', description: 'Bags and wrapping in bulk', least: 400, most: 1_800 },
  ],
  goodsCategory: 'goods-for-resale',
  channels: [
    ['shop', 80],
    ['online', 20],
  ],
  returnShare: 0.02,
  tipShare: 0,
  ownUse: 'for display',
};
