import type { ConfidenceFactor } from '#libs/contracts';
import type { Judgement } from './finding.ts';

const LEAST = 0.05;
const MOST = 0.99;

/**
 * Confidence as the weighted mean of its reasons, kept from 0.05 to 0.99: rules are never certain. Weights count in
 * proportion; each value is cut to 0..1.
 */
export function confidenceFrom(
  factors: readonly ConfidenceFactor[],
): Required<Pick<Judgement, 'confidence' | 'confidenceBasis'>> {
  const total = factors.reduce((sum, { weight }) => sum + weight, 0);
  const basis = factors.map(({ factor, weight, value }) => ({
    factor,
    weight: total === 0 ? 0 : rounded(weight / total),
    value: rounded(Math.min(1, Math.max(0, value))),
  }));
  const mean = basis.reduce((sum, { weight, value }) => sum + weight * value, 0);
  return { confidence: rounded(Math.min(MOST, Math.max(LEAST, mean))), confidenceBasis: basis };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
