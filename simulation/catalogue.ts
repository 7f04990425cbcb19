/** The restaurant's master data. Amounts are US cents, quantities whole units. */
export const CURRENCY = 'USD';
export const UNIT = 'each';

export type Supplier = Readonly<{
  supplierId: string;
  name: string;
  leadTimeDays: number;
  /** Share of deliveries that come on the day they were promised for. */
  reliability: number;
  paymentTermsDays: number;
}>;

export type Item = Readonly<{
  sku: string;
  name: string;
  category: string;
  /** What the menu calls it. */
  dish: string;
  unitCost: number;
  sellingPrice: number;
  openingStock: number;
  minimumStock: number;
  maximumStock: number;
  reorderPoint: number;
  reorderQuantity: number;
  shelfLifeDays: number;
  supplierId: string;
}>;

const FRESH: Supplier = {
  supplierId: 'fresh-foods',
  name: 'Fresh Foods',
  leadTimeDays: 2,
  reliability: 0.9,
  paymentTermsDays: 15,
};
const WHOLESALE: Supplier = {
  supplierId: 'beverage-dry-wholesale',
  name: 'Beverage & Dry Wholesale',
  leadTimeDays: 3,
  reliability: 0.95,
  paymentTermsDays: 30,
};
export const SUPPLIERS: readonly Supplier[] = [FRESH, WHOLESALE];

const LETTUCE: Item = {
  sku: 'VEG001',
  name: 'Fresh lettuce',
  category: 'vegetables',
  dish: 'Garden salad',
  unitCost: 250,
  sellingPrice: 895,
  openingStock: 50,
  minimumStock: 5,
  maximumStock: 100,
  reorderPoint: 10,
  reorderQuantity: 40,
  shelfLifeDays: 5,
  supplierId: FRESH.supplierId,
};
const BEEF: Item = {
  sku: 'MEAT001',
  name: 'Ground beef',
  category: 'meat',
  dish: 'Burger platter',
  unitCost: 800,
  sellingPrice: 1_895,
  openingStock: 30,
  minimumStock: 3,
  maximumStock: 60,
  reorderPoint: 8,
  reorderQuantity: 25,
  shelfLifeDays: 3,
  supplierId: FRESH.supplierId,
};
const MILK: Item = {
  sku: 'DAIRY001',
  name: 'Milk',
  category: 'dairy',
  dish: 'Milkshakes for the table',
  unitCost: 350,
  sellingPrice: 1_150,
  openingStock: 20,
  minimumStock: 2,
  maximumStock: 40,
  reorderPoint: 5,
  reorderQuantity: 15,
  shelfLifeDays: 7,
  supplierId: FRESH.supplierId,
};
const FLOUR: Item = {
  sku: 'DRY001',
  name: 'Flour',
  category: 'dry goods',
  dish: 'Pizza night for the table',
  unitCost: 400,
  sellingPrice: 4_200,
  openingStock: 15,
  minimumStock: 2,
  maximumStock: 30,
  reorderPoint: 5,
  reorderQuantity: 12,
  shelfLifeDays: 365,
  supplierId: WHOLESALE.supplierId,
};
const COLA = softDrink('BEV001', 'Cola');
const LEMONADE = softDrink('BEV002', 'Lemonade');
const WATER = softDrink('BEV003', 'Sparkling water');

export const ITEMS: readonly Item[] = [LETTUCE, BEEF, MILK, COLA, LEMONADE, WATER, FLOUR];

/** Opens two above its reorder point: the owner starts with what is there, and its first decision is soon due. */
export const SHORT_AT_OPENING: Readonly<{ item: Item; openingStock: number }> = {
  item: MILK,
  openingStock: MILK.reorderPoint + 2,
};

/** What one guest orders: a main dish or none, a drink or none, perhaps something sweet. Weights out of 100. */
export const COURSES: readonly (readonly (readonly [choice: Item | undefined, weight: number])[])[] = [
  [
    [LETTUCE, 36],
    [BEEF, 31],
    [FLOUR, 5],
    [undefined, 28],
  ],
  [
    [COLA, 33],
    [LEMONADE, 30],
    [WATER, 27],
    [undefined, 10],
  ],
  [
    [MILK, 14],
    [undefined, 86],
  ],
];

function softDrink(sku: string, name: string): Item {
  return {
    sku,
    name,
    category: 'beverages',
    dish: name,
    unitCost: 125,
    sellingPrice: 350,
    openingStock: 100,
    minimumStock: 10,
    maximumStock: 200,
    reorderPoint: 25,
    reorderQuantity: 75,
    shelfLifeDays: 180,
    supplierId: WHOLESALE.supplierId,
  };
}
