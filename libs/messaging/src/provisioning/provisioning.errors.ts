import { JetStreamApiError } from '@nats-io/jetstream';
import { DomainError } from '#libs/kernel';

/** A stream on the server differs from what this version needs; changing it silently could lose messages. */
export class StreamDrift extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/stream-drift';

  constructor(stream: string, explanations: readonly string[]) {
    super(`JetStream stream ${stream} is not as this service needs it. ${explanations.join(' ')}`);
  }
}

/** A durable consumer on the server differs from what this version needs. */
export class ConsumerDrift extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/consumer-drift';

  constructor(consumer: string, explanations: readonly string[]) {
    super(`JetStream consumer ${consumer} is not as this service needs it. ${explanations.join(' ')}`);
  }
}

/** What to do about a refusal, by the server's code. */
const ADVICE: Readonly<Record<number, string>> = {
  10005: 'The cluster has too few servers with room for STREAM_REPLICAS copies: lower it, or add servers.',
  10023: 'Give the server more storage (max_file_store), or lower STREAM_MAX_BYTES.',
  10028: 'Give the account more storage, or lower STREAM_MAX_BYTES.',
  10047: 'Give the server more storage (max_file_store), or lower STREAM_MAX_BYTES.',
  10065: 'Another stream keeps its subjects: `nats stream ls --subject` shows which; give that one other subjects.',
  10074: 'This server is in no cluster: set STREAM_REPLICAS to 1, or NATS_URL to a cluster.',
};

/** The server did not take a configuration; trying again does not help. */
export class ProvisioningRefused extends DomainError {
  readonly kind = 'refused';
  readonly code = 'messaging/provisioning-refused';

  constructor(what: string, cause: unknown) {
    const code = cause instanceof JetStreamApiError ? cause.code : undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = (code === undefined ? undefined : ADVICE[code]) ?? 'The settings STREAM_* decide the configuration.';
    super(`nats-server refuses ${what}: ${reason}${code === undefined ? '' : ` (${code})`}. ${advice}`, { cause });
  }
}
