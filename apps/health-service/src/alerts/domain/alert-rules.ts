import type { AlertRaised, AlertSeverity } from '#libs/contracts';

/** What does not work, and why. */
export type Trouble = Readonly<{ kind: 'agent' | 'service'; name: string; cause: string }>;

/** Everything of an alert that follows from its trouble alone. */
export type AlertRule = Readonly<Pick<AlertRaised, 'name' | 'severity' | 'labels' | 'summary'> & { runbook: string }>;

const WORDS: Readonly<Record<string, string>> = { silent: 'is silent', failing: 'fails', paused: 'is paused' };
const CAUSES = { agent: ['silent', 'failing', 'paused'], service: ['silent', 'failing', 'slow'] } as const;

/** The alert for a trouble. A pause waits for the day, since a person wanted it; the rest wakes somebody. */
export function alertRuleFor({ kind, name, cause }: Trouble): AlertRule {
  const severity: AlertSeverity = cause === 'paused' ? 'warning' : 'critical';
  const alertname = `${kind}-unhealthy`;
  const labels = { alertname, severity, cause };
  return {
    name: alertname,
    severity,
    labels: kind === 'agent' ? { ...labels, service: 'agent-service', agent: name } : { ...labels, service: name },
    summary: `${name} ${WORDS[cause] ?? `is ${cause}`}`,
    runbook: `docs/runbooks/${alertname}.md`,
  };
}

/** Every trouble that the same agent or service may have, whatever its cause. */
export function troublesOf({ kind, name }: Omit<Trouble, 'cause'>): readonly Trouble[] {
  return CAUSES[kind].map((cause) => ({ kind, name, cause }));
}
