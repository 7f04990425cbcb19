import { describe, expect, it } from '@jest/globals';
import { MalformedId, tenantId } from '#libs/kernel';
import { hasRole, requireTenant, tenantOfRequest } from './principal.ts';
import type { Principal, Role } from './principal.ts';
import { TenantForbidden, TenantNotNamed } from './security.errors.ts';

const clerk = (...roles: Role[]): Principal => ({ keyId: 'clerk', tenant: tenantId('demo'), roles });
const everywhere: Principal = { keyId: 'boss', tenant: '*', roles: ['operator'] };

describe('a principal', () => {
  it('has its own roles', () => {
    expect(hasRole(clerk('publisher'), 'publisher')).toBe(true);
    expect(hasRole(clerk('publisher'), 'reader')).toBe(false);
    expect(hasRole(clerk('reader'), 'operator')).toBe(false);
  });

  it('may read as an operator, and no more than that', () => {
    expect(hasRole(clerk('operator'), 'reader')).toBe(true);
    expect(hasRole(clerk('operator'), 'publisher')).toBe(false);
    expect(hasRole(clerk('operator'), 'approver')).toBe(false);
  });

  it('acts for its own tenant only', () => {
    expect(() => {
      requireTenant(clerk('reader'), 'demo');
    }).not.toThrow();
    expect(() => {
      requireTenant(clerk('reader'), 'acme');
    }).toThrow(TenantForbidden);
  });

  it('acts for every tenant with *', () => {
    expect(() => {
      requireTenant(everywhere, 'acme');
    }).not.toThrow();
  });
});

describe('the tenant of a request', () => {
  it('is the default one for a principal of every tenant that has a default', () => {
    const developer: Principal = { ...everywhere, defaultTenant: tenantId('demo') };

    expect(tenantOfRequest(developer, undefined)).toBe('demo');
    expect(tenantOfRequest(developer, 'acme')).toBe('acme');
  });

  it('is that of the key unless the request names it', () => {
    expect(tenantOfRequest(clerk('reader'), undefined)).toBe('demo');
    expect(tenantOfRequest(clerk('reader'), 'demo')).toBe('demo');
    expect(tenantOfRequest(everywhere, 'acme')).toBe('acme');
  });

  it('is never another one', () => {
    expect(() => tenantOfRequest(clerk('reader'), 'acme')).toThrow(TenantForbidden);
  });

  it('must be named with a key for every tenant', () => {
    expect(() => tenantOfRequest(everywhere, undefined)).toThrow(TenantNotNamed);
    expect(() => tenantOfRequest(everywhere, 'No Tenant')).toThrow(MalformedId);
  });
});
