import { agentId } from '#libs/kernel';
import type { AgentDefinition } from '#libs/agent-kit';
import {
  ACCOUNTING_AGENT,
  accountingBookKeeping,
  LEDGER_FACTS,
  type AccountingBook,
} from './domain/accounting-book.ts';
import { payableAging, receivableAging } from './domain/detectors/aging.ts';
import { cashFlowReport, cashShortfall } from './domain/detectors/cash-flow-forecast.ts';
import { dailyAnalysis } from './domain/detectors/daily-analysis.ts';
import { decisionLearning } from './domain/detectors/decision-learning.ts';
import { duplicateTransaction } from './domain/detectors/duplicate-transaction.ts';
import { financialTrend } from './domain/detectors/financial-trend.ts';
import { lowCash } from './domain/detectors/low-cash.ts';
import { missingReference } from './domain/detectors/missing-reference.ts';
import { transactionAnomaly } from './domain/detectors/transaction-anomaly.ts';

/** Looks after the books: what comes in unusually, what is owed, where the money is going. */
export const accountingAgent: AgentDefinition<AccountingBook> = {
  id: agentId(ACCOUNTING_AGENT),
  name: 'Accounting agent',
  handles: [...LEDGER_FACTS, 'steward.agent.outcome-recorded.v1'],
  bookKeeping: accountingBookKeeping,
  detectors: [
    transactionAnomaly,
    duplicateTransaction,
    missingReference,
    lowCash,
    receivableAging,
    payableAging,
    dailyAnalysis,
    cashShortfall,
    cashFlowReport,
    financialTrend,
    decisionLearning,
  ],
  isEnabled: ({ agents }) => agents.accounting.enabled,
};
