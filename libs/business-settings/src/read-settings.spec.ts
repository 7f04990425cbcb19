import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { moneyOfSetting } from './business-settings.ts';
import { parseSettings, readSettingsFile, SettingsInvalid } from './read-settings.ts';

const CONFIG = join(import.meta.dirname, '../../../config');
const BUSINESS = 'business: { name: Spec, type: retail }';

function violations(text: string): readonly string[] {
  try {
    parseSettings(text, 'spec.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof SettingsInvalid)) throw error;
    return error.violations.map(({ pointer, detail }) => `${pointer}: ${detail}`);
  }
}

describe('the settings that are shipped', () => {
  it('are the restaurant of the reference system', () => {
    const { agents } = readSettingsFile(join(CONFIG, 'restaurant.yaml')).settings;
    expect(agents).toMatchObject({
      accounting: {
        checkInterval: 60,
        anomalyThreshold: 0.25,
        alertThresholds: { cashLow: 2_000, receivablesOverdue: 30, payablesOverdue: 7 },
      },
      inventory: { checkInterval: 120, lowStockMultiplier: 1.3, reorderLeadTime: 3, consumptionAnalysisDays: 30 },
      hr: { checkInterval: 180, overtimeThreshold: 8, maxLaborCostPercentage: 0.32, schedulingBufferHours: 2 },
    });
  });

  it('are the shop of the reference system', () => {
    const { agents } = readSettingsFile(join(CONFIG, 'retail.yaml')).settings;
    expect(agents).toMatchObject({
      accounting: {
        checkInterval: 300,
        anomalyThreshold: 0.3,
        alertThresholds: { cashLow: 1_500, receivablesOverdue: 45, payablesOverdue: 10 },
      },
      inventory: { checkInterval: 900, lowStockMultiplier: 1.5, reorderLeadTime: 7, consumptionAnalysisDays: 45 },
      hr: { checkInterval: 3_600, overtimeThreshold: 8, maxLaborCostPercentage: 0.25, schedulingBufferHours: 1 },
    });
  });
});

describe('a settings file', () => {
  it('needs no more than who the business is', () => {
    expect(parseSettings(BUSINESS, 'spec.yaml').settings.agents.hr.overtimeThreshold).toBe(8);
  });

  it.each([
    [
      'an unknown key',
      `${BUSINESS}\nagents: { hr: { overtime_treshold: 9 } }`,
      ['agents.hr.overtime_treshold: is no known setting'],
    ],
    [
      'a value outside of its limits',
      `${BUSINESS}\nagents: { hr: { overtime_threshold: 30 } }`,
      ['agents.hr.overtime_threshold: Too big: expected number to be <=24'],
    ],
    ['a key of another place', `${BUSINESS}\ndatabase: { url: x }`, ['database: is set by DATABASE_URL']],
    [
      'an unknown time zone',
      'business: { name: Spec, type: retail, time_zone: Mars/Olympus }',
      ['business.time_zone: must be a name of the IANA list, such as Europe/London'],
    ],
    ['no keys at all', 'nothing', [': must have the keys business and agents']],
  ])('is refused for %s, and says where', (_name, text, expected) => {
    expect(violations(text)).toEqual(expected);
  });

  it('that is no YAML, or not there, is refused', () => {
    expect(violations('business: {')).toHaveLength(1);
    expect(() => readSettingsFile('no-such-file.yaml')).toThrow(SettingsInvalid);
  });
});

describe('an amount of a setting', () => {
  it('is in whole units of the currency of the business', () => {
    const { settings } = parseSettings('business: { name: Spec, type: retail, currency: JPY }', 'spec.yaml');
    expect(moneyOfSetting(settings, 2_000)).toEqual({ amount: 2_000, currency: 'JPY' });
    expect(moneyOfSetting(parseSettings(BUSINESS, 'spec.yaml').settings, 12.5)).toEqual({
      amount: 1_250,
      currency: 'USD',
    });
  });
});
