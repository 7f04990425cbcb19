import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('health_states')
export class HealthState {
  @PrimaryColumn('text') tenant!: string;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') component!: string;
  @Column('text') status!: 'healthy' | 'unhealthy';
  @Column('text', { nullable: true }) cause!: string | null;
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('timestamptz') since!: Date;
}
