import { DomainError } from '#libs/kernel';

/** Roles or rights are missing that only somebody with more rights can give. */
export class RightsMissing extends DomainError {
  readonly kind = 'refused';
  readonly code = 'event-store/rights-missing';

  /** What an administrator of the server runs; passwords are left out. */
  readonly statements: readonly string[];

  constructor(what: string, statements: readonly string[], options?: ErrorOptions) {
    const lines = statements.map((statement) => `\n  ${statement};`).join('');
    super(`${what} As an administrator of the server (or by DATABASE_ADMIN_URL) run, then try again:${lines}`, options);
    this.statements = statements;
  }
}

/** The server lets the role of a URL not in. */
export class LoginRefused extends DomainError {
  readonly kind = 'refused';
  readonly code = 'event-store/login-refused';

  constructor(role: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : 'no reason given';
    super(
      `The database server does not let "${role}" in: ${why}. ` +
        'Compare user, password and database of the URL with the server; "npm run migrate" makes the role of a service.',
      { cause },
    );
  }
}

/** A URL names no role, so nothing can be granted to it. */
export class RoleUnnamed extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event-store/role-unnamed';

  constructor(setting: string) {
    super(`${setting} names no user. Write it as postgresql://user:password@host:port/database.`);
  }
}

/** The schema is older than the code, and this role may not change it. */
export class SchemaOutOfDate extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/schema-out-of-date';

  readonly missing: readonly string[];

  constructor(schema: string, role: string, missing: readonly string[]) {
    super(
      `Schema "${schema}" is not up to date for the role "${role}"; missing: ${missing.join(', ')}. ` +
        `Run "npm run migrate -- ${schema}" (in a container "node service/main.js --migrate") with DATABASE_OWNER_URL, ` +
        'then start again.',
    );
    this.missing = missing;
  }
}

/** In production no service runs as a role that could change what its log holds. */
export class RoleMayAlterEvents extends DomainError {
  readonly kind = 'refused';
  readonly code = 'event-store/role-may-alter-events';

  constructor(role: string, schema: string, why: string) {
    super(
      `The role "${role}" of DATABASE_URL ${why}, so it could alter the events of schema "${schema}". ` +
        'Give DATABASE_URL a role of the service\'s own and DATABASE_OWNER_URL the owner, run "npm run migrate", then start again.',
    );
  }
}
