import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { timeZone, UnknownTimeZone } from '#libs/kernel';
import {
  currencySchema,
  idSchema,
  nameSchema,
  orderAdjustmentSchema,
  SupplierRegisteredV1,
  textSchema,
} from '#libs/contracts';
import { UnreadableExport, UnusableMapping } from './import.errors.ts';
import { isDateFormat } from './local-time.ts';

const MAPPINGS = join(import.meta.dirname, 'mappings');

const codeRuleSchema = z
  .strictObject({
    code: textSchema(64).optional().describe('The whole stock code; upper and lower case count as the same'),
    prefix: textSchema(64).optional().describe('How such codes begin; upper and lower case count as the same'),
    kind: orderAdjustmentSchema.shape.kind,
  })
  .refine(({ code, prefix }) => (code === undefined) !== (prefix === undefined), {
    error: 'needs either a code or a prefix',
  });

const itemsSchema = z.strictObject({
  category: nameSchema,
  unit: z.string().min(1).max(32),
  costPercent: z.int().min(0).max(100).describe('Cost of an item, in percent of the first price it was sold at'),
  reorderPoint: z.number().nonnegative(),
  reorderQuantity: z.number().positive(),
  openingStock: z.number().positive().describe('What there was of an item before its first line'),
  openingTimesFirstSale: z.number().nonnegative().describe('At least so many times the quantity of its first sale'),
});

export const mappingSchema = z.strictObject({
  name: z
    .string()
    .max(60)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: 'must be kebab-case: it becomes part of the source of every event' }),
  about: textSchema(1_000).optional(),
  encoding: z.enum(['utf-8', 'windows-1252']).default('utf-8'),
  delimiter: z.string().length(1).default(','),
  columns: z.strictObject({
    invoice: textSchema(100),
    sku: textSchema(100),
    description: textSchema(100),
    quantity: textSchema(100),
    time: textSchema(100),
    unitPrice: textSchema(100),
    customer: textSchema(100),
  }),
  dateFormats: z
    .array(z.string().refine(isDateFormat, { error: 'must name year, month and day, such as M/D/YY H:mm' }))
    .min(1),
  timeZone: z.string().refine(isTimeZone, { error: 'must be a time zone such as Europe/London' }),
  currency: currencySchema,
  minorDigits: z.int().min(0).max(4),
  channel: textSchema(100).optional(),
  returns: z.strictObject({
    invoicePrefix: textSchema(10).optional().describe('Invoices that begin so are returns'),
    negativeQuantityIsReturn: z.boolean().describe('Otherwise a negative quantity elsewhere is a stock correction'),
  }),
  adjustments: z.array(codeRuleSchema).describe('Stock codes that are no goods'),
  notSales: z.array(textSchema(64)).describe('Beginnings of stock codes whose lines are rejected, such as tests'),
  stockCorrections: z.strictObject({
    wasteWords: z.array(textSchema(40)).describe('A correction whose description has one of these is waste'),
    freeItemsNeedCustomer: z
      .boolean()
      .describe('A line at price zero without a customer is a correction, with one a free item'),
  }),
  // Within these bounds a sum of ten thousand lines is a safe integer of minor units.
  limits: z.strictObject({
    quantity: z.int().positive().max(100_000),
    unitPrice: z.int().positive().max(100_000).describe('In major units'),
  }),
  supplier: SupplierRegisteredV1.data,
  items: itemsSchema,
});

/** How one shop's export is to be read. */
export type Mapping = Readonly<z.output<typeof mappingSchema>>;
/** A column that every line must have. */
export type ColumnRole = keyof Mapping['columns'];

function isTimeZone(name: string): boolean {
  try {
    timeZone(name);
    return true;
  } catch (error) {
    if (error instanceof UnknownTimeZone) return false;
    throw error;
  }
}

/** @throws UnusableMapping */
export function readMapping(file: string): Mapping {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnusableMapping(`The mapping ${file} cannot be read: ${reason}`, { cause: error });
  }
  const parsed = mappingSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const troubles = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new UnusableMapping(`The mapping ${file} has errors. ${troubles.join('; ')}. See tools/import/README.md.`);
}

/** The mappings that come with this program. */
export function shippedMappings(): Mapping[] {
  const names = readdirSync(MAPPINGS).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => readMapping(join(MAPPINGS, name)));
}

/** Which column has what. */
export type Layout = Readonly<{ columnCount: number; indexOf: Readonly<Record<ColumnRole, number>> }>;

/** Where a mapping finds its columns in a header, or `undefined` when one is missing. */
export function layoutOf(mapping: Mapping, header: readonly string[]): Layout | undefined {
  const at = (role: ColumnRole): number => header.indexOf(mapping.columns[role]);
  const indexOf = {
    invoice: at('invoice'),
    sku: at('sku'),
    description: at('description'),
    quantity: at('quantity'),
    time: at('time'),
    unitPrice: at('unitPrice'),
    customer: at('customer'),
  };
  return Object.values(indexOf).some((index) => index < 0) ? undefined : { columnCount: header.length, indexOf };
}

/** What to tell somebody whose file no mapping can read. */
export function noMappingFits(
  file: string,
  header: readonly string[],
  candidates: readonly Mapping[],
): UnreadableExport {
  const known = candidates.map(({ name, columns }) => `${name} (${Object.values(columns).join(', ')})`).join('; ');
  return new UnreadableExport(
    `No mapping fits the header "${header.join(',').slice(0, 300)}" of ${file}. Tried: ${known}. ` +
      'Describe your layout in a mapping file and name it by --mapping; see tools/import/README.md.',
  );
}

/** Takes `17850.0`, which spreadsheets make of 17850, for the same customer. */
export function customerIdOf(text: string): string | undefined {
  const id = text.replace(/^(\d+)\.0+$/, '$1');
  return idSchema.safeParse(id).success ? id : undefined;
}
