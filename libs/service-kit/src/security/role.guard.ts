import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { requestContextOf } from '../http/request-context.ts';
import { REQUIRED_ROLES } from './access.decorators.ts';
import { hasRole } from './principal.ts';
import type { Role } from './principal.ts';
import { RoleMissing, Unauthenticated } from './security.errors.ts';

/**
 * Lets a request through to an operation when its key has one of the required roles.
 * An operation that names no role takes any key. Messages of the bus pass: they carry no keys.
 */
export class RoleGuard implements CanActivate {
  readonly #reflector: Reflector;

  constructor(reflector: Reflector) {
    this.#reflector = reflector;
  }

  /**
   * @throws Unauthenticated without a principal
   * @throws RoleMissing without a required role
   */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.routeOptions.config.isPublic === true) return true;

    const principal = requestContextOf(request)?.principal;
    if (!principal) throw new Unauthenticated();
    const roles = this.#reflector.getAllAndOverride<readonly Role[] | undefined>(REQUIRED_ROLES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (roles && !roles.some((role) => hasRole(principal, role))) throw new RoleMissing(roles);
    return true;
  }
}
