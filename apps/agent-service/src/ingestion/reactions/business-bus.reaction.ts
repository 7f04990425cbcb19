import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { parseBusinessSubject, type CloudEvent } from '#libs/contracts';
import { EventContext } from '#libs/service-kit';
import { Ingestion } from '../ingestion.ts';
import { SubjectMismatch } from '../ingestion.errors.ts';

/** How business systems publish over NATS: a CloudEvent on `business.<tenant>.<type>`. */
@Controller()
export class BusinessBusReaction {
  constructor(@Inject(Ingestion) private readonly ingestion: Ingestion) {}

  /** Idempotent by `(source, id)`, since the bus may bring a message twice. */
  @EventPattern<'business.>'>('business.>')
  async take(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const { subject } = context.incoming;
    const address = parseBusinessSubject(subject);
    if (!address) throw new SubjectMismatch(subject, 'its subject names no tenant and type');
    if (address.type !== event.type) throw new SubjectMismatch(subject, `its type is ${event.type}`);
    if (event.tenantid !== undefined && event.tenantid !== address.tenant) {
      throw new SubjectMismatch(subject, `its tenantid is ${event.tenantid}`);
    }
    await this.ingestion.ingest(event, address.tenant, 'bus');
  }
}
