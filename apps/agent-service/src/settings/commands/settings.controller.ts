import { Body, Controller, Get, Inject, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { businessSettingsSchema, type BusinessSettings } from '#libs/business-settings';
import { tenantIdSchema, writtenPositionSchema } from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, writtenPosition, type Principal } from '#libs/service-kit';
import { BusinessSettingsStore, type CurrentSettings } from '../business-settings-store.ts';

const tenantQuery = z.object({ tenant: tenantIdSchema.optional() });
type TenantQuery = z.infer<typeof tenantQuery>;

const settingsAnswer = z.object({
  settings: businessSettingsSchema,
  origin: z
    .enum(['file', 'api', 'inherited', 'default'])
    .describe('inherited: those of the default tenant; default: nobody has set any'),
  version: z.int().nonnegative(),
});
const changeAnswer = z.object({ isChanged: z.boolean(), position: writtenPositionSchema });

/** What the agents of a business go by. */
@Controller('v1/settings')
export class SettingsController {
  constructor(@Inject(BusinessSettingsStore) private readonly store: BusinessSettingsStore) {}

  @Get()
  @Operation({
    summary: 'Show the settings of a business',
    access: ['reader'],
    answers: { 200: { description: 'The settings in force', schema: settingsAnswer } },
  })
  show(
    @Query({ schema: tenantQuery }) query: TenantQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<CurrentSettings> {
    return this.store.current(tenantOfRequest(principal, query.tenant));
  }

  @Put()
  @Operation({
    summary: 'Replace the settings of a business; its agents go by them from here on',
    access: ['operator'],
    answers: { 200: { description: 'The settings are in force', schema: changeAnswer } },
  })
  async replace(
    @Query({ schema: tenantQuery }) query: TenantQuery,
    @Body({ schema: businessSettingsSchema }) settings: BusinessSettings,
    @CurrentPrincipal() principal: Principal,
  ): Promise<z.infer<typeof changeAnswer>> {
    const tenant = tenantOfRequest(principal, query.tenant);
    const isChanged = await this.store.change({ tenant, settings, origin: 'api', by: `key:${principal.keyId}` });
    return { isChanged, ...writtenPosition() };
  }
}
