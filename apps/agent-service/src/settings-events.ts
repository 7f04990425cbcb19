import { z } from 'zod';
import { streamId, type StreamId } from '#libs/kernel';
import { businessSettingsSchema } from '#libs/business-settings';
import type { EventType } from '#libs/event-store';

export const SETTINGS_CHANGED = 'agent.settings-changed';

/** What agents go by has changed; they follow it from this place of the log on. Not published. */
export const settingsChangedSchema = z.object({
  settings: businessSettingsSchema,
  origin: z.enum(['file', 'api']),
  /** SHA-256 of the settings' canonical form. */
  contentHash: z.string(),
});

export const SETTINGS_EVENT_TYPES: readonly EventType[] = [{ type: SETTINGS_CHANGED, version: 1 }];

/** A business has one set of settings. */
export function settingsStreamId(): StreamId {
  return streamId('settings', 'business');
}
