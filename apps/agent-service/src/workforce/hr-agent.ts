import { agentId } from '#libs/kernel';
import type { AgentDefinition } from '#libs/agent-kit';
import { dailyLaborAnalysis } from './domain/detectors/daily-labor-analysis.ts';
import { highLaborCost } from './domain/detectors/high-labor-cost.ts';
import { leaveRequestAnalysis } from './domain/detectors/leave-request-analysis.ts';
import { overtimeAnalysis } from './domain/detectors/overtime-analysis.ts';
import { potentialOvertime } from './domain/detectors/potential-overtime.ts';
import { staffingAnalysis } from './domain/detectors/staffing-analysis.ts';
import { understaffedShift } from './domain/detectors/understaffed-shift.ts';
import { unusualTimeRecord } from './domain/detectors/unusual-time-record.ts';
import { WORKFORCE_FACTS, workforceBookKeeping } from './domain/workforce-book-keeping.ts';
import type { WorkforceBook } from './domain/workforce-book.ts';

/** Looks after who works when: clock records, overtime, labour cost, staffing and leave. */
export const hrAgent: AgentDefinition<WorkforceBook> = {
  id: agentId('hr_agent'),
  name: 'HR agent',
  handles: WORKFORCE_FACTS,
  bookKeeping: workforceBookKeeping,
  detectors: [
    unusualTimeRecord,
    potentialOvertime,
    overtimeAnalysis,
    highLaborCost,
    dailyLaborAnalysis,
    staffingAnalysis,
    leaveRequestAnalysis,
    understaffedShift,
  ],
  isEnabled: ({ agents }) => agents.hr.enabled,
};
