import { Controller, Inject, type Type } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { PLAIN_WORDS, querySubject, tenantIdSchema, violationsOf } from '#libs/contracts';
import { tenantId } from '#libs/kernel';
import { DeadLetterDesk, deadLetterListQuerySchema, type DeadLetterPage } from '#libs/messaging';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import { RequestInvalid } from '../problems/http.errors.ts';
import { CONFIGURATION } from '../runtime/tokens.ts';
import { deadLetterPage } from './dead-letter-page.ts';

const listSchema = deadLetterListQuerySchema.extend({ tenant: tenantIdSchema.optional() });

/** Answers `query.<service>.list-dead-letters`; a class for each service, since a pattern is part of the class. */
export function deadLettersQueryController(service: string): Type {
  @Controller()
  class DeadLettersQueryController {
    constructor(
      @Inject(DeadLetterDesk) private readonly desk: DeadLetterDesk,
      @Inject(CONFIGURATION) private readonly configuration: Pick<BaseConfiguration, 'DEFAULT_TENANT'>,
    ) {}

    /** The list, by request and reply; nobody there has a key that names a tenant. @throws RequestInvalid */
    @MessagePattern(querySubject(service, 'list-dead-letters'))
    answerList(@Payload() payload: unknown): Promise<DeadLetterPage> {
      const parsed = listSchema.safeParse(payload, PLAIN_WORDS);
      if (!parsed.success) throw new RequestInvalid(violationsOf(parsed.error.issues));
      const query = parsed.data;
      const scope = tenantId(query.tenant ?? this.configuration.DEFAULT_TENANT);
      return deadLetterPage(query, (cut) => this.desk.list(scope, { ...query, ...cut }));
    }
  }
  return DeadLettersQueryController;
}
