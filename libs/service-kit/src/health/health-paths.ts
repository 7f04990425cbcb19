/** Paths that probes call: public, not rate limited, logged as debug. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready', '/ready']);
