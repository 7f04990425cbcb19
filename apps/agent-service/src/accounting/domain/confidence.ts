import { confidenceFrom, type Judgement } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { trackRecord, type LearningBook } from './learning-book.ts';

/** With so many transactions, or days, the volume of data speaks fully. */
export const FULL_VOLUME = 30;

/**
 * Confidence by the owner's weights (`forecasting.confidence_factors`).
 * @param grounds each 0 to 1: how much data there is; how clearly the methods, or the trend, agree; how steady the habit is with
 * which was compared. How often decisions of this type were right is read from their outcomes.
 */
export function dynamicConfidence(
  learning: Readonly<LearningBook>,
  settings: BusinessSettings,
  decisionType: string,
  grounds: Readonly<{ volume: number; stability: number; seasonal: number }>,
): Required<Pick<Judgement, 'confidence' | 'confidenceBasis'>> {
  const weights = settings.agents.accounting.forecasting.confidenceFactors;
  return confidenceFrom([
    { factor: 'data_volume', weight: weights.dataVolume, value: grounds.volume },
    { factor: 'historical_accuracy', weight: weights.historicalAccuracy, value: trackRecord(learning, decisionType) },
    { factor: 'trend_stability', weight: weights.trendStability, value: grounds.stability },
    { factor: 'seasonal_consistency', weight: weights.seasonalConsistency, value: grounds.seasonal },
  ]);
}
