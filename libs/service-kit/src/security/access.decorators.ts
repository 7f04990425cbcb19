import { createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { requestContextOf } from '../http/request-context.ts';
import type { Principal, Role } from './principal.ts';
import { Unauthenticated } from './security.errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route may be called without a key. */
    isPublic?: boolean;
  }
}

/** Metadata key under which `RequiresRole` leaves its roles for the guard. */
export const REQUIRED_ROLES = 'steward:required-roles';

/** The operation may be called without a key. For methods only, so that a new method of a controller is never open by accident. */
export function Public(): MethodDecorator {
  return RouteConfig({ isPublic: true });
}

/** The caller needs at least one of the roles. On a controller it holds for each method that does not say otherwise. */
export function RequiresRole(...roles: readonly [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return SetMetadata(REQUIRED_ROLES, roles);
}

/**
 * Parameter: who asks.
 * @throws Unauthenticated on a public operation that was called without a key
 */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = requestContextOf(context.switchToHttp().getRequest<FastifyRequest>())?.principal;
  if (!principal) throw new Unauthenticated();
  return principal;
});
