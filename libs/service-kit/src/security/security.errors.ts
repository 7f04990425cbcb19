import { DomainError } from '#libs/kernel';

/** No key, an unknown key or a malformed one: the answer is the same, so that it tells nothing about keys. */
export class Unauthenticated extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'security/unauthenticated';

  constructor() {
    super('The request carries no valid API key. Send one as "Authorization: Bearer <key>" or "X-API-Key: <key>".');
  }
}

/** The key is known and lacks every role that the operation asks for. */
export class RoleMissing extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'security/role-missing';

  constructor(roles: readonly string[]) {
    super(`This operation needs the role ${roles.join(' or ')}; the key has none of them. Use a key that has.`);
  }
}

/** The key belongs to another tenant than the one the request is about. */
export class TenantForbidden extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'security/tenant-forbidden';

  constructor(tenant: string) {
    super(`The key may not act for tenant "${tenant.slice(0, 63)}". Use a key of that tenant.`);
  }
}

/** A key for every tenant was used without saying which one is meant. */
export class TenantNotNamed extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'security/tenant-not-named';
  override readonly violations = [{ pointer: '#/query/tenant', detail: 'is required with a key for every tenant' }];

  constructor() {
    super('The key has access to every tenant: say which one is meant.');
  }
}
