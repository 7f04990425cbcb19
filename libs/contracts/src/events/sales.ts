import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import { idSchema, moneySchema, positiveQuantitySchema, skuSchema, textSchema } from '../values.ts';

export const orderLineSchema = z.strictObject({
  sku: skuSchema,
  description: textSchema(500).optional(),
  quantity: positiveQuantitySchema,
  unitPrice: moneySchema,
});

export const orderAdjustmentSchema = z.strictObject({
  code: idSchema,
  kind: z.enum(['discount', 'postage', 'fee', 'tip', 'tax', 'write-off', 'other']),
  description: textSchema(500).optional(),
  amount: moneySchema.describe('May be negative: a discount takes away'),
});

const orderSchema = z
  .strictObject({
    orderId: idSchema,
    kind: z.enum(['sale', 'return']).describe('For a return the quantities are positive: what came back'),
    customerId: idSchema.optional(),
    channel: textSchema(100).optional(),
    lines: z.array(orderLineSchema).max(10_000),
    adjustments: z.array(orderAdjustmentSchema).max(10_000).optional(),
    total: moneySchema,
  })
  .superRefine((order, context) => {
    const { lines, adjustments = [], total } = order;
    if (lines.length + adjustments.length === 0) {
      context.addIssue({ code: 'custom', path: ['lines'], message: 'needs at least one line or adjustment' });
    }
    const prices = [
      ...lines.map(({ unitPrice }, index) => ({ money: unitPrice, path: ['lines', index, 'unitPrice', 'currency'] })),
      ...adjustments.map(({ amount }, index) => ({
        money: amount,
        path: ['adjustments', index, 'amount', 'currency'],
      })),
    ];
    for (const { money, path } of prices) {
      if (money.currency === total.currency) continue;
      const message = `must be ${total.currency}, the currency of the total`;
      context.addIssue({ code: 'custom', path, message });
    }
  });

/** A customer bought, or brought something back; the till is done with it. */
export const OrderCompletedV1 = defineEvent({
  area: 'sales',
  event: 'order-completed',
  version: 1,
  summary: 'A sale or a return was completed.',
  data: orderSchema,
  sample: {
    orderId: 'order-10421',
    kind: 'sale',
    channel: 'dine-in',
    lines: [
      {
        sku: 'BEV001',
        description: 'Soft drink',
        quantity: { value: 2, unit: 'each' },
        unitPrice: { amount: 350, currency: 'USD' },
      },
      {
        sku: 'VEG001',
        description: 'Green salad',
        quantity: { value: 1, unit: 'each' },
        unitPrice: { amount: 895, currency: 'USD' },
      },
    ],
    adjustments: [{ code: 'tip', kind: 'tip', amount: { amount: 200, currency: 'USD' } }],
    total: { amount: 1_795, currency: 'USD' },
  },
});

/** Data of `steward.sales.order-completed.v1`. */
export type OrderCompleted = EventData<typeof OrderCompletedV1>;
