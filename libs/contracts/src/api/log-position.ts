import { z } from 'zod';
import { logPositionSchema } from '../values.ts';

/** Header of HTTP answers: how far the log had come for this answer, `<epoch>:<position>`. */
export const LOG_POSITION_HEADER = 'Log-Position';
/** Header of HTTP reads: answer once the read models have reached it; `<epoch>:<position>` or `<position>`. */
export const WAIT_FOR_POSITION_HEADER = 'Wait-For-Position';
/** The same as `LOG_POSITION_HEADER`, on the bus. */
export const BUS_LOG_POSITION_HEADER = 'Steward-Log-Position';
/** The same as `WAIT_FOR_POSITION_HEADER`, on the bus. */
export const BUS_WAIT_FOR_POSITION_HEADER = 'Steward-Wait-For-Position';

/**
 * Header of queries on the bus: for how many milliseconds, from when it was sent, somebody waits for the answer. It is
 * relative, so that clocks need not agree.
 */
export const BUS_TIMEOUT_HEADER = 'Steward-Timeout-Ms';

/** A place in a log, and in which life of its store: a restore begins a new epoch, in which old places mean nothing. */
export type EpochPosition = Readonly<{ epoch: number; position: number }>;

/** A place that a client names; without an epoch it is of the current one. */
export type WantedPosition = Readonly<{ epoch: number | undefined; position: number }>;

const WANTED = /^(?:([1-9]\d{0,8}):)?(\d{1,16})$/;

/** Reads `<epoch>:<position>`, or a bare `<position>` of the current epoch. */
export const wantedPositionSchema = z
  .string()
  .regex(WANTED, { error: 'must be <epoch>:<position> or <position>, such as 1:1742' })
  .transform((text, context): WantedPosition => {
    const [, epoch, place] = WANTED.exec(text) ?? [];
    const position = Number(place);
    if (!Number.isSafeInteger(position)) {
      context.addIssue({ code: 'custom', message: 'is beyond every log' });
      return z.NEVER;
    }
    return { epoch: epoch === undefined ? undefined : Number(epoch), position };
  });

/** `<epoch>:<position>`, as the headers carry it. */
export const positionText = ({ epoch, position }: EpochPosition): string => `${epoch}:${position}`;

/** Member of answers to commands. */
export const writtenPositionSchema = logPositionSchema
  .optional()
  .describe('In the log, of the newest event that this request wrote; absent when it changed nothing');
