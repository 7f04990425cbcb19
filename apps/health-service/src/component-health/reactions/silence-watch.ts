import { Inject, Injectable } from '@nestjs/common';
import { withSpan } from '#libs/observability';
import { CONFIGURATION, LOGGER, PeriodicWork, type BackgroundWork, type Logger } from '#libs/service-kit';
import type { HealthConfiguration } from '../../config.ts';
import { HeartbeatBoard, type Observation } from '../adapters/heartbeat-board.ts';
import { ComponentHealthCommands } from '../commands/component-health-commands.ts';
import { heartbeatVerdict } from '../domain/heartbeat-verdict.ts';
import { judgeHeartbeats, type JudgeHeartbeats } from '../domain/judge-heartbeats.ts';
import { unknownComponent, type ComponentHealth } from '../domain/component-health.ts';
import { ownGapMs } from './heartbeats.reaction.ts';

/**
 * Judges every component's heartbeats at an interval, in each replica: the stream's expected version lets one
 * of them decide. Time is the database's, so the clocks of the replicas do not matter.
 */
@Injectable()
export class SilenceWatch implements BackgroundWork {
  readonly name = 'silence watch';
  private readonly turns: PeriodicWork;

  constructor(
    private readonly commands: ComponentHealthCommands,
    private readonly board: HeartbeatBoard,
    @Inject(CONFIGURATION) private readonly configuration: HealthConfiguration,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.turns = new PeriodicWork({
      name: this.name,
      everyMs: configuration.SILENCE_WATCH_INTERVAL_MS,
      work: () => this.look(),
      onFailure: (error) => {
        logger.warn({ err: error }, 'the heartbeats could not be judged; they are at the next turn');
      },
    });
  }

  start(): void {
    this.turns.start();
  }

  stop(): Promise<void> {
    return this.turns.stop();
  }

  private async look(): Promise<void> {
    for (const observation of await this.board.observe(this.commands.tenant, ownGapMs(this.configuration))) {
      const command = this.commandOf(observation);
      // The read model may be behind; then the decider says no, or is asked a turn later.
      if (judgeHeartbeats(command, believed(observation)).length > 0) await this.decide(command);
    }
  }

  private commandOf({ record, listening, said }: Observation): JudgeHeartbeats {
    const { policy } = this.commands;
    return {
      type: 'judge-heartbeats',
      data: {
        subject: record.subject,
        verdict: heartbeatVerdict(record, listening, policy),
        lastSeenAt: record.lastSeenAt.toISOString(),
        said,
        silentAfterMs: policy.silentAfterMs,
      },
      meta: { at: listening.now, by: 'service:health' },
    };
  }

  /** Nobody caused it but the silence itself, so it begins a trace of its own. */
  private async decide(command: JudgeHeartbeats): Promise<void> {
    await withSpan('judge heartbeats', { parent: {} }, () => this.commands.handle(command));
  }
}

/** What the read model says, as the decider's state; a pause may have ended meanwhile, so the decider is asked. */
function believed({ believed: row }: Observation): ComponentHealth {
  if (!row) return unknownComponent;
  if (row.status === 'healthy' || row.cause === null) return { status: 'healthy' };
  return { status: 'unhealthy', cause: row.cause, since: '', isPaused: false };
}
