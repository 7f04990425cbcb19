import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Positions stay far below 2^53; the driver hands bigint over as text. */
const bigintAsNumber = { from: Number, to: (value: number): number => value };

/** One attempt of a task, as the projection left it. */
@Entity('task_runs')
export class TaskRunEntity {
  @PrimaryColumn('text')
  tenant = '';

  @PrimaryColumn('text', { name: 'task_id' })
  taskId = '';

  @Column('text')
  task = '';

  @Column('text')
  period = '';

  @Column('integer')
  attempt = 1;

  @Column('text')
  trigger = '';

  @Column('text')
  status = '';

  @Column('timestamptz', { name: 'started_at' })
  startedAt = new Date(0);

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null = null;

  @Column('text', { nullable: true })
  detail: string | null = null;

  @Column('bigint', { transformer: bigintAsNumber })
  position = 0;
}
