import type { BusinessSettings } from '#libs/business-settings';
import { RESTAURANT } from './restaurant.ts';
import { RETAIL } from './retail.ts';
import type { Trade } from './trade.ts';

/** The invented world of each type of business. */
export function tradeOf(type: BusinessSettings['business']['type']): Trade {
  return type === 'restaurant' ? RESTAURANT : RETAIL;
}
