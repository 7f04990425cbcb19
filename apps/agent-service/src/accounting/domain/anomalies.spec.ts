import { describe, expect, it } from '@jest/globals';
import { businessSettingsSchema } from '#libs/business-settings';
import { playAgent } from '#libs/testing';
import { accountingAgent } from '../accounting-agent.ts';
import { anomalousQuarter, ZONE, type Planted } from './anomalous-quarter.contract.ts';

const settings = businessSettingsSchema.parse({
  business: { name: 'Spec', type: 'restaurant', timeZone: ZONE },
  agents: { accounting: { anomalyThreshold: 0.25, checkInterval: 3_600 } },
});
const JUDGED = new Set(['transaction_anomaly', 'duplicate_transaction', 'missing_reference']);

type Score = Readonly<{
  planted: number;
  found: number;
  decided: number;
  right: number;
  missed: readonly Planted[];
  wrong: readonly string[];
}>;

function scoreOf(seed: number, distribution: 'normal' | 'lognormal', rate = 0.02): Score {
  const { happenings, planted } = anomalousQuarter({ seed, rate, distribution });
  const player = playAgent(accountingAgent, settings);
  player.tell(...happenings);
  const decided = player.decisions.filter(({ decisionType }) => JUDGED.has(decisionType));
  const keyOf = ({ decisionType, subject }: Readonly<{ decisionType: string; subject: string }>): string =>
    `${decisionType} ${subject}`;
  const wanted = new Set(planted.map(keyOf));
  const made = new Set(decided.map(keyOf));
  return {
    planted: planted.length,
    found: planted.filter((one) => made.has(keyOf(one))).length,
    decided: decided.length,
    right: decided.filter((one) => wanted.has(keyOf(one))).length,
    missed: planted.filter((one) => !made.has(keyOf(one))),
    wrong: decided.filter((one) => !wanted.has(keyOf(one))).map((one) => `${keyOf(one)} ${one.reasoning}`),
  };
}

describe('records that are wrong, one or two of a hundred', () => {
  it.each(['normal', 'lognormal'] as const)('are found, and few others, when amounts are %s', (distribution) => {
    const scores = [1, 2].map((seed) => scoreOf(seed, distribution));
    const sum = (of: (score: Score) => number): number => scores.reduce((total, score) => total + of(score), 0);

    expect(sum(({ found }) => found) / sum(({ planted }) => planted)).toBeGreaterThanOrEqual(0.9);
    expect(sum(({ right }) => right) / sum(({ decided }) => decided)).toBeGreaterThanOrEqual(0.7);
  });
});
