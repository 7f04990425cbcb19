import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { HEALTH_PATHS } from '../health/health-paths.ts';
import { RateLimited } from '../problems/http.errors.ts';
import { requestContextOf } from './request-context.ts';

const WINDOW_MS = 60_000;
/** Callers that are remembered at once; the least recent one is forgotten first. */
const REMEMBERED_CALLERS = 10_000;

/**
 * Limits the requests of each key, and of each address that sends no valid one, in windows of a minute; unknown paths and
 * wrong keys count. Health endpoints are exempt. The count is kept per process: with n replicas a key may make n times as many.
 *
 * @param perMinute 0 turns the limit off
 */
export async function limitRates(instance: FastifyInstance, perMinute: number): Promise<void> {
  if (perMinute === 0) return;
  await instance.register(rateLimit, { global: false, cache: REMEMBERED_CALLERS });
  const count = instance.createRateLimit({
    max: perMinute,
    timeWindow: WINDOW_MS,
    keyGenerator: (request) => {
      const keyId = requestContextOf(request)?.principal?.keyId;
      return keyId === undefined ? `address:${rateLimit.normalizeIP(request.ip)}` : `key:${keyId}`;
    },
  });
  instance.addHook('onRequest', async (request, reply) => {
    if (HEALTH_PATHS.has(request.routeOptions.url ?? '')) return;
    const result = await count(request);
    if (result.isAllowed) return;
    reply.headers({
      'x-ratelimit-limit': result.max,
      'x-ratelimit-remaining': result.remaining,
      'x-ratelimit-reset': result.ttlInSeconds,
    });
    if (result.isExceeded) throw new RateLimited(result.max, result.ttlInSeconds);
  });
}
