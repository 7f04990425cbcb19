import { clockTime, type Good, type Person, type Rota, type Supplier, type Trade } from './trade.ts';

const SUPPLIERS: readonly Supplier[] = [
  {
    supplierId: 'fresh-foods',
    name: 'Fresh Foods',
    leadTimeDays: 1,
    reliability: 0.96,
    paymentTermsDays: 15,
    priceFactor: 1,
  },
  {
    supplierId: 'beverage-wholesale',
    name: 'Beverage Wholesale',
    leadTimeDays: 3,
    reliability: 0.96,
    paymentTermsDays: 30,
    priceFactor: 0.95,
  },
  {
    supplierId: 'dry-goods-depot',
    name: 'Dry Goods Depot',
    leadTimeDays: 4,
    reliability: 0.94,
    paymentTermsDays: 30,
    priceFactor: 0.95,
  },
  {
    supplierId: 'city-market',
    name: 'City Market',
    leadTimeDays: 1,
    reliability: 0.97,
    paymentTermsDays: 15,
    priceFactor: 1.08,
  },
];

const FRESH = { supplierId: 'fresh-foods', coverDays: 2.5 };
const DRINK = { category: 'beverages', supplierId: 'beverage-wholesale', shelfLifeDays: 180, coverDays: 7 };
const DRY = { category: 'dry goods', supplierId: 'dry-goods-depot', shelfLifeDays: 365, coverDays: 10 };

const GOODS: readonly Good[] = [
  {
    ...FRESH,
    sku: 'VEG001',
    name: 'Fresh lettuce',
    category: 'vegetables',
    unitCost: 2.5,
    sellingPrice: 8.95,
    popularity: 16,
    shelfLifeDays: 6,
    otherSupplierId: 'city-market',
  },
  {
    ...FRESH,
    sku: 'VEG002',
    name: 'Tomatoes',
    category: 'vegetables',
    unitCost: 2,
    sellingPrice: 7.5,
    popularity: 11,
    shelfLifeDays: 7,
    otherSupplierId: 'city-market',
  },
  {
    ...FRESH,
    sku: 'MEAT001',
    name: 'Ground beef',
    category: 'meat',
    unitCost: 6.4,
    sellingPrice: 18.95,
    popularity: 15,
    shelfLifeDays: 6,
  },
  {
    ...FRESH,
    sku: 'MEAT002',
    name: 'Chicken',
    category: 'meat',
    unitCost: 5.2,
    sellingPrice: 16.5,
    popularity: 13,
    shelfLifeDays: 6,
    otherSupplierId: 'city-market',
  },
  {
    ...FRESH,
    sku: 'DAIRY001',
    name: 'Milk',
    category: 'dairy',
    unitCost: 2.4,
    sellingPrice: 7.5,
    popularity: 9,
    shelfLifeDays: 9,
  },
  { ...DRINK, sku: 'BEV001', name: 'Cola', unitCost: 0.9, sellingPrice: 3.5, popularity: 18 },
  { ...DRINK, sku: 'BEV002', name: 'Lemonade', unitCost: 0.9, sellingPrice: 3.5, popularity: 14 },
  { ...DRINK, sku: 'BEV003', name: 'Sparkling water', unitCost: 0.7, sellingPrice: 3.25, popularity: 12 },
  { ...DRINK, sku: 'BEV004', name: 'Lager', unitCost: 1.6, sellingPrice: 6, popularity: 15 },
  { ...DRY, sku: 'DRY001', name: 'Flour', unitCost: 3.2, sellingPrice: 13.5, popularity: 7 },
  { ...DRY, sku: 'DRY002', name: 'Pasta', unitCost: 3, sellingPrice: 14.5, popularity: 9 },
  { ...DRY, sku: 'DRY003', name: 'Coffee beans', unitCost: 0.8, sellingPrice: 3.75, popularity: 13 },
];

const COOK = { role: 'back', position: 'cook', department: 'kitchen', hourlyRate: 18 } as const;
const SERVER = { role: 'front', position: 'server', department: 'dining room', hourlyRate: 15 } as const;
const FULL_TIME = { employment: 'full-time', weeklyHours: 37.5 } as const;
const PART_TIME = { employment: 'part-time', weeklyHours: 30 } as const;

const PEOPLE: readonly Person[] = [
  {
    ...FULL_TIME,
    employeeId: 'employee-1',
    name: 'Morgan Hale',
    role: 'manager',
    position: 'manager',
    department: 'management',
    hourlyRate: 25,
    hiredOn: '2021-03-01',
  },
  { ...COOK, ...FULL_TIME, employeeId: 'employee-2', name: 'Robin Vale', hiredOn: '2022-05-16' },
  { ...COOK, ...FULL_TIME, employeeId: 'employee-3', name: 'Sam Okoro', hiredOn: '2023-02-06' },
  { ...COOK, ...FULL_TIME, employeeId: 'employee-4', name: 'Ines Duarte', hiredOn: '2024-09-02' },
  { ...COOK, ...PART_TIME, employeeId: 'employee-5', name: 'Jo Lindqvist', hiredOn: '2025-04-14' },
  { ...SERVER, ...FULL_TIME, employeeId: 'employee-6', name: 'Alex Brandt', hiredOn: '2022-11-07' },
  { ...SERVER, ...FULL_TIME, employeeId: 'employee-7', name: 'Kit Moreau', hiredOn: '2023-06-19' },
  { ...SERVER, ...PART_TIME, employeeId: 'employee-8', name: 'Dana Petrov', hiredOn: '2024-03-11' },
  { ...SERVER, ...PART_TIME, employeeId: 'employee-9', name: 'Noor Haddad', hiredOn: '2025-08-25' },
  {
    employeeId: 'employee-10',
    name: 'Chris Adeyemi',
    role: 'night',
    position: 'porter',
    department: 'kitchen',
    employment: 'casual',
    hourlyRate: 16,
    weeklyHours: 8,
    hiredOn: '2024-01-15',
  },
];

const MORNING = { begin: clockTime('8:30'), end: clockTime('15:00'), breakMinutes: 30 };
const EVENING = { begin: clockTime('14:30'), end: clockTime('21:30'), breakMinutes: 30 };

const ROTA: Rota = {
  base: [
    { role: 'back', ...MORNING },
    { role: 'front', ...MORNING },
    { role: 'back', ...EVENING },
    { role: 'front', ...EVENING },
    {
      role: 'manager',
      begin: clockTime('10:00'),
      end: clockTime('18:00'),
      breakMinutes: 30,
      weekdays: [3, 4, 5, 6, 7],
    },
  ],
  extra: [
    { role: 'front', begin: clockTime('15:30'), end: clockTime('21:30'), keeps: 'end' },
    { role: 'back', begin: clockTime('15:30'), end: clockTime('21:30'), keeps: 'end' },
    { role: 'front', begin: clockTime('10:30'), end: clockTime('16:30'), keeps: 'begin' },
    { role: 'back', begin: clockTime('10:30'), end: clockTime('16:30'), keeps: 'begin' },
    { role: 'front', begin: clockTime('15:30'), end: clockTime('21:30'), keeps: 'end' },
    { role: 'front', begin: clockTime('11:30'), end: clockTime('17:30'), keeps: 'begin' },
  ],
  night: {
    everyDays: 9,
    post: { role: 'night', begin: clockTime('22:00'), end: clockTime('28:00'), breakMinutes: 30 },
  },
};

/** A restaurant of a dozen tables: it cooks what spoils, and is full on Fridays and Saturdays. */
export const RESTAURANT: Trade = {
  suppliers: SUPPLIERS,
  goods: GOODS,
  vendors: [
    { name: 'City Power & Light', category: 'electricity', usual: 620, termsDays: 15 },
    { name: 'Linen Service', category: 'laundry', usual: 280, termsDays: 15 },
    { name: 'Harbour Cleaning', category: 'cleaning', usual: 450, termsDays: 30 },
    { name: 'Grease & Waste Disposal', category: 'waste-disposal', usual: 320, termsDays: 30 },
    { name: 'Kitchen Equipment Service', category: 'maintenance-contract', usual: 540, termsDays: 30 },
    { name: 'Point of Sale Systems', category: 'software', usual: 190, termsDays: 15 },
    { name: 'Print & Menu Co', category: 'printing', usual: 240, termsDays: 30 },
    { name: 'Pest Control', category: 'pest-control', usual: 160, termsDays: 30 },
  ],
  customers: [
    { customerId: 'customer-11', name: 'Harbour Events', orders: 'Catering for an event' },
    { customerId: 'customer-12', name: 'Northside Law Partners', orders: 'Working lunches' },
    { customerId: 'customer-13', name: 'Greenfield School', orders: 'Meals for a staff day' },
    { customerId: 'customer-14', name: 'Studio Nine', orders: 'Catering for a production' },
  ],
  people: PEOPLE,
  rota: ROTA,
  oneOffs: [
    { category: 'equipment-repair', description: 'Repair of kitchen equipment', least: 200, most: 1_500 },
    { category: 'marketing-campaign', description: 'Seasonal campaign', least: 500, most: 2_000 },
    { category: 'equipment-purchase', description: 'New kitchen equipment', least: 1_000, most: 5_000 },
    { category: 'legal', description: 'Legal advice', least: 300, most: 1_200 },
    { category: 'bulk-supplies', description: 'Tableware in bulk', least: 400, most: 1_800 },
  ],
  goodsCategory: 'food-supplies',
  channels: [
    ['dine-in', 60],
    ['takeaway', 25],
    ['delivery', 15],
  ],
  returnShare: 0,
  tipShare: 0.3,
  ownUse: 'staff meal',
};
