import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { correlation, significantAmong, unpatterned, type Correlation } from '#libs/forecasting';
import { dailySales, dailyUse } from '../demand-book.ts';
import { figure } from '../in-words.ts';
import { demandPositions, itemSubject, type AnalyticsBook } from './analytics-book.ts';
import { withoutGaps } from './without-gaps.ts';

const OBSERVED_DAYS = 90;
const LEAST_DAYS = 60;
const LEAST_DAYS_WITH_USE = 30;
/** Pairs grow with the square; of more items, those that are worth most are compared. */
const MOST_ITEMS = 30;
const MOST_PARTNERS = 5;
/** How busy a day was is told by its sales; without any, by the other items, of which there must be some. */
const LEAST_OTHERS = 2;
const COMPLEMENTS_ABOVE = 0.5;
const SUBSTITUTES_BELOW = -0.3;
/** Of the pairs that are told, so many are false on average. */
const FALSE_RATE = 0.01;
const CUT_BEYOND = 2;

type Series = Readonly<{ sku: string; name: string; values: readonly number[] }>;
type Pair = Readonly<{ one: Series; other: Series; found: Correlation }>;
type Relation = 'complements' | 'substitutes';

/**
 * Once a week: which items are bought together, and which in each other's place? Weekdays, trend and how busy a day was are taken
 * out first, for they move all items alike; the limits for significance allow for the number of pairs.
 */
export const correlationAnalysis: Detector<AnalyticsBook> = {
  id: 'item-correlation',
  decisionType: 'correlation_analysis',
  kind: 'situation',
  coolDownHours: 60 * 24,
  onSchedule: {
    schedule: { every: 'week', weekday: 7, at: '05:50' },
    look: (look) => {
      const series = seriesOf(look);
      if (series.length < 2) return { looked: 'everything', findings: [] };
      return {
        looked: 'everything',
        findings: groupsOf(relatedPairs(series, look)).map((group) => findingOf(group, look)),
      };
    },
  },
};

function seriesOf({ book, local }: WindowLook<AnalyticsBook>): readonly Series[] {
  const used = [...book.stock.items.values()].flatMap(({ sku, name, master }) => {
    const { values } = dailyUse(book.demand, sku, { until: local.date, days: OBSERVED_DAYS });
    const daysWithUse = values.filter((value) => value > 0).length;
    if (values.length < LEAST_DAYS || daysWithUse < LEAST_DAYS_WITH_USE) return [];
    const worth = values.reduce((sum, value) => sum + value, 0) * (master?.unitCost.amount ?? 0);
    return [{ sku, name, values: withoutGaps(values), worth }];
  });
  const most = used.toSorted((left, right) => right.worth - left.worth).slice(0, MOST_ITEMS);
  const days = Math.min(...most.map(({ values }) => values.length));
  return most
    .map(({ sku, name, values }) => ({ sku, name, values: standardised(unpatterned(values.slice(-days))) }))
    .toSorted((left, right) => (left.sku < right.sku ? -1 : 1));
}

/** In deviations, none more than {@link CUT_BEYOND}: days on which two items were short at once, or a feast, are no relation. */
function standardised(values: readonly number[]): readonly number[] {
  const scale = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  return values.map((value) => (scale < 1e-9 ? 0 : Math.min(CUT_BEYOND, Math.max(-CUT_BEYOND, value / scale))));
}

function relatedPairs(series: readonly Series[], { book, local }: WindowLook<AnalyticsBook>): readonly Pair[] {
  const days = series[0]?.values.length ?? 0;
  const sales = dailySales(book.demand, { until: local.date, days });
  const all = Array.from({ length: days }, (_, day) => series.reduce((sum, { values }) => sum + (values[day] ?? 0), 0));
  const busy = sales.some((count) => count > 0) ? standardised(unpatterned(sales)) : undefined;
  const pairs = series.flatMap((one, index) =>
    series.slice(index + 1).flatMap((other) => {
      const others = all.map((sum, day) => sum - (one.values[day] ?? 0) - (other.values[day] ?? 0));
      const given = busy ?? (series.length - 2 >= LEAST_OTHERS ? others : undefined);
      const found = correlation(one.values, other.values, { season: 0, ...(given ? { given } : {}) });
      return found ? [{ one, other, found }] : [];
    }),
  );
  const significant = significantAmong(
    pairs.map(({ found }) => found.pValue),
    FALSE_RATE,
  );
  return pairs.filter(({ found }, index) => significant[index] === true && relationOf(found) !== undefined);
}

function relationOf({ coefficient }: Correlation): Relation | undefined {
  if (coefficient > COMPLEMENTS_ABOVE) return 'complements';
  return coefficient < SUBSTITUTES_BELOW ? 'substitutes' : undefined;
}

type Group = Readonly<{ item: Series; relation: Relation; pairs: readonly Pair[]; compared: number }>;

/** Each pair once, under its first item; an item that has both relations is told of the one that is stronger. */
function groupsOf(pairs: readonly Pair[]): readonly Group[] {
  const items = [...new Set(pairs.map(({ one }) => one))];
  return items.flatMap((item) => {
    const own = pairs
      .filter(({ one }) => one === item)
      .toSorted((left, right) => Math.abs(right.found.coefficient) - Math.abs(left.found.coefficient));
    const relation = own[0] && relationOf(own[0].found);
    if (!relation) return [];
    const same = own.filter(({ found }) => relationOf(found) === relation).slice(0, MOST_PARTNERS);
    return [{ item, relation, pairs: same, compared: own[0]?.found.samples ?? 0 }];
  });
}

function findingOf({ item, relation, pairs, compared }: Group, { book }: WindowLook<AnalyticsBook>): Finding {
  const partners = pairs.map(({ other }) => other);
  const strongest = Math.max(...pairs.map(({ found }) => Math.abs(found.coefficient)));
  return {
    subject: itemSubject(item.sku),
    state: relation,
    grade: 1,
    evidence: {
      positions: demandPositions(book, item.sku),
      figures: [
        { name: 'daysCompared', value: compared },
        ...pairs.flatMap(({ other, found }) => [
          { name: `correlationWith:${other.sku}`, value: rounded(found.coefficient) },
          { name: `chanceWith:${other.sku}`, value: found.pValue },
        ]),
      ],
    },
    byRules: () => ({
      action: { kind: 'link-items', skus: [item.sku, ...partners.map(({ sku }) => sku)], relation },
      ...confidenceFrom([
        { factor: 'strength of the correlation', weight: 0.6, value: 0.4 + strongest / 2 },
        { factor: 'days compared', weight: 0.4, value: compared / 180 },
      ]),
      reasoning: explain({ item, relation, pairs, compared }),
    }),
  };
}

function explain({ item, relation, pairs, compared }: Group): string {
  const partners = pairs
    .map(({ other, found }) => `${other.name} (correlation ${figure(found.coefficient)})`)
    .join(', ');
  const compare = `over ${compared} days, with weekdays, trend and how busy the days were taken out`;
  return relation === 'complements'
    ? `${item.name} is used together with ${partners}, ${compare}. Offer them together, and do not let one run out while the other is there.`
    : `${item.name} is used in the place of ${partners}, ${compare}. When one runs short the other will go faster: order them with each other in view.`;
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
