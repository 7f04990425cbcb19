import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { SettingsInvalid } from '#libs/business-settings';
import { checkSimulation, readBusiness } from './profile.ts';

const file = (business: string) => join(import.meta.dirname, '..', 'config', `${business}.yaml`);

describe('the key simulation of a settings file', () => {
  it.each(['restaurant', 'retail'])('is there for the %s', (business) => {
    const { settings, profile } = readBusiness(file(business));

    expect(settings.business.type).toBe(business);
    expect(profile).toMatchObject({ enabled: true, mode: 'real_time', historicalDays: 90, speedMultiplier: 600 });
  });

  it('refuses what it does not know, by the name in the file', () => {
    const { profile } = readBusiness(file('restaurant'));
    const wrong = { ...profile, businessProfile: { ...profile.businessProfile, avgTip: 3 } };

    expect(() => checkSimulation(wrong, 'a file')).toThrow(SettingsInvalid);
    expect(() => checkSimulation(wrong, 'a file')).toThrow(/simulation\.business_profile\.avg_tip is no known setting/);
  });

  it.each([
    [{ weekdayFactors: [1, 1, 1] }, /weekday_factors/],
    [{ monthFactors: Array(11).fill(1) }, /month_factors/],
    [{ avgTicket: 0 }, /avg_ticket/],
    [{ anomalyRate: 0.9 }, /anomaly_rate/],
  ])('refuses %j', (changes, message) => {
    const { profile } = readBusiness(file('restaurant'));
    const wrong = { ...profile, businessProfile: { ...profile.businessProfile, ...changes } };

    expect(() => checkSimulation(wrong, 'a file')).toThrow(message);
  });

  it('must be there', () => {
    expect(() => checkSimulation(undefined, 'a file')).toThrow(SettingsInvalid);
  });
});
