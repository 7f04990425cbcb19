import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DAY_MS, plusDays, timeZone, type Clock, type LocalDate, type TenantId } from '#libs/kernel';
import type { AgentDetail, AgentReport } from '#libs/contracts';
import { CLOCK, DATA_SOURCE } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessNow } from '../../../business-now.ts';
import { daysOf, type LocalRange } from '../../../local-range.ts';
import { standing, type ReadSnapshot } from '../../../read-snapshot.ts';

const READS = ['agent.agents', 'agent.decisions', 'agent.agent-days', 'agent.business-times'];
const REPORT_DAYS = 30;

type TypeRow = { type: string; decisions: number; confidence: number };

/** Index: decisions_by_type. */
const BY_TYPE = `
select decision_type as type, count(*)::int as decisions, avg(confidence)::float8 as confidence
from decisions where tenant = $1 and agent_id = $2
group by decision_type order by decisions desc, type`;

/** Index: decisions_by_business_time. */
const BY_TYPE_WITHIN = `
select decision_type as type, count(*)::int as decisions, avg(confidence)::float8 as confidence
from decisions where tenant = $1 and agent_id = $2 and business_time >= $3 and business_time < $4
group by decision_type order by decisions desc, type`;

type DayRow = { day: string; decisions: number };

const BY_DAY = `
select (business_time at time zone $5)::date::text as day, count(*)::int as decisions
from decisions where tenant = $1 and agent_id = $2 and business_time >= $3 and business_time < $4
group by 1`;

type RunsRow = { assessments: number; failures: number; duration_ms: number };

const RUNS = `
select coalesce(sum(assessments), 0)::float8 as assessments, coalesce(sum(failures), 0)::float8 as failures,
       coalesce(sum(duration_ms), 0)::float8 as duration_ms
from agent_days where agent_id = $1 and day > $2`;

type Asked = Readonly<{ tenant: TenantId; agentId: string; range: LocalRange; zone: string; runsSince: LocalDate }>;

/** What an agent decided for a business, and how its runs went. */
@Injectable()
export class AgentReportQuery {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async of(tenant: TenantId, agentId: string): Promise<Pick<AgentDetail, 'decisionTypes' | 'report' | 'standsAt'>> {
    const { settings, local } = await this.now.of(tenant);
    const range = { from: plusDays(local.date, 1 - REPORT_DAYS), to: local.date };
    const runsSince = new Date(this.clock.now().getTime() - REPORT_DAYS * DAY_MS).toISOString().slice(0, 10);
    const asked = { tenant, agentId, range, zone: settings.business.timeZone, runsSince };
    return standing(this.dataSource, READS, async (snapshot) => {
      const decisionTypes = (await snapshot.query<TypeRow[]>(BY_TYPE, [tenant, agentId])).map(typeCount);
      return { decisionTypes, report: await reportOf(snapshot, asked) };
    });
  }
}

async function reportOf(snapshot: ReadSnapshot, asked: Asked): Promise<AgentReport> {
  const { tenant, agentId, range, zone: zoneName, runsSince } = asked;
  const zone = timeZone(zoneName);
  const bounds = [range.from, plusDays(range.to, 1)].map((day) => new Date(zone.instantOf(day)).toISOString());
  const within = [tenant, agentId, ...bounds];
  const types = await snapshot.query<TypeRow[]>(BY_TYPE_WITHIN, within);
  const days = await snapshot.query<DayRow[]>(BY_DAY, [...within, zoneName]);
  const [runs] = await snapshot.query<RunsRow[]>(RUNS, [agentId, runsSince]);
  const byDay = new Map(days.map(({ day, decisions }) => [day, decisions]));
  const decisions = types.reduce((sum, type) => sum + type.decisions, 0);
  const confidence = types.reduce((sum, type) => sum + type.decisions * type.confidence, 0);
  return {
    ...range,
    decisions,
    meanConfidence: decisions === 0 ? null : rounded(confidence / decisions),
    byType: types.map(typeCount),
    days: daysOf(range).map((day) => ({ day, decisions: byDay.get(day) ?? 0 })),
    runs: runsOf(runs ?? { assessments: 0, failures: 0, duration_ms: 0 }),
  };
}

function runsOf({ assessments, failures, duration_ms: durationMs }: RunsRow): AgentReport['runs'] {
  const all = assessments + failures;
  return { assessments, failures, meanDurationMs: all === 0 ? null : Math.round(durationMs / all) };
}

function typeCount({ type, decisions, confidence }: TypeRow): AgentReport['byType'][number] {
  return { decisionType: type, decisions, meanConfidence: rounded(confidence) };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
