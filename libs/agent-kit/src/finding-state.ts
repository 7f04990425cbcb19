import { HOUR_MS } from '#libs/kernel';
import type { Detector } from './detector.ts';
import type { Finding } from './finding.ts';

/** What is known of a situation that was decided once. */
export type FindingState = Readonly<{
  key: string;
  detectorId: string;
  subject: string;
  state: string;
  grade: number;
  isOpen: boolean;
  /** By the business's clock. */
  decidedAtMs: number;
}>;

/** What a finding means, given what was decided before. */
export type FindingChange = 'opened' | 'changed' | 'unchanged' | 'cooling-down';

/** Whether a situation must be decided (again). */
export function changeOf(
  finding: Finding,
  known: FindingState | undefined,
  { atMs, coolDownHours = 0 }: Readonly<{ atMs: number; coolDownHours?: number | undefined }>,
): FindingChange {
  if (!known) return 'opened';
  if (known.isOpen && known.state === finding.state) return 'unchanged';
  const isGraver = finding.grade > known.grade;
  const coolsDown = atMs < known.decidedAtMs + coolDownHours * HOUR_MS;
  if (coolsDown && !isGraver) return 'cooling-down';
  return known.isOpen ? 'changed' : 'opened';
}

/** The situations of one business that an agent has decided, by detector and subject. */
export class KnownFindings {
  readonly #byDetector = new Map<string, Map<string, FindingState>>();

  constructor(saved: Iterable<FindingState> = []) {
    for (const state of saved) this.put(state);
  }

  get(detectorId: string, subject: string): FindingState | undefined {
    return this.#byDetector.get(detectorId)?.get(subject);
  }

  put(state: FindingState): void {
    const known = this.#byDetector.get(state.detectorId);
    if (known) known.set(state.subject, state);
    else this.#byDetector.set(state.detectorId, new Map([[state.subject, state]]));
  }

  /** Those that are open; of some subjects, or of all. */
  open(detectorId: string, subjects: 'everything' | readonly string[]): readonly FindingState[] {
    const known = this.#byDetector.get(detectorId);
    if (!known) return [];
    const asked =
      subjects === 'everything'
        ? [...known.values()]
        : subjects.map((subject) => known.get(subject)).filter((one) => one !== undefined);
    return asked.filter(({ isOpen }) => isOpen);
  }

  /** Marks one as over. What cools down no longer need not be remembered. */
  close(state: FindingState, atMs: number, detector: Pick<Detector<never>, 'coolDownHours'>): void {
    const coolsUntilMs = state.decidedAtMs + (detector.coolDownHours ?? 0) * HOUR_MS;
    if (coolsUntilMs <= atMs) this.#byDetector.get(state.detectorId)?.delete(state.subject);
    else this.put({ ...state, isOpen: false });
  }
}
