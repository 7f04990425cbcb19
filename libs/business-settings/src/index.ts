export { businessSettingsSchema, DEFAULT_BUSINESS_SETTINGS, minorDigits, moneyOfSetting } from './business-settings.ts';
export type { BusinessSettings } from './business-settings.ts';
export { checkedBy, checkSettings, parseSettings, readSettingsFile, SettingsInvalid } from './read-settings.ts';
