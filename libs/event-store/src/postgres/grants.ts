import pg from 'pg';
import type { Queryable } from '../event-store.ts';

/** What the service's role may only read: it is written through the functions below, or by the owner. */
const READ_ONLY: ReadonlySet<string> = new Set([
  'events',
  'streams',
  'lanes',
  'idempotency_keys',
  'incarnations',
  'event_types',
  'signed_heads',
  'signed_heads_end',
  'projections',
  'migrations',
]);

/** The functions of a log that the service's role may call; they run with the owner's rights. All others are the owner's. */
const CALLABLE: ReadonlySet<string> = new Set([
  'lock_lane',
  'append_batch',
  'create_partitions_ahead',
  'forget_idempotency_keys',
  'record_signed_head',
  'register_projection',
  'begin_rebuild',
  'switch_projection',
  'roll_back_projection',
]);

/** A right that somebody has on something. */
type Right = Readonly<{ holder: 'role' | 'public'; privilege: string }>;

/** Something in a schema, as the catalogue of Postgres has it. */
export type SchemaObject = Readonly<{
  kind: 'schema' | 'table' | 'sequence' | 'routine';
  name: string;
  /** As a statement names it: quoted, and a routine with the types of its arguments. */
  sql: string;
  /** A partition, reached through its table; or a sequence that belongs to a table which the role may only read. */
  isInternal: boolean;
  rights: readonly Right[];
}>;

const READ_WRITE = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

function wanted({ kind, name, isInternal }: SchemaObject): readonly string[] {
  if (isInternal) return [];
  switch (kind) {
    case 'schema':
      return ['USAGE'];
    case 'sequence':
      return ['USAGE'];
    case 'table':
      return READ_ONLY.has(name) ? ['SELECT'] : READ_WRITE;
    case 'routine':
      return CALLABLE.has(name) ? ['EXECUTE'] : [];
  }
}

/** One right that many things get or lose. */
type Change = Readonly<{ verb: string; holder: string; on: string[] }>;

function changesOf(object: SchemaObject, role: string): readonly Omit<Change, 'on'>[] {
  const { kind, rights } = object;
  const needs = wanted(object);
  const held = (holder: Right['holder']): string[] =>
    rights.filter((right) => right.holder === holder).map(({ privilege }) => privilege);
  const has = held('role');
  const change = (action: 'grant' | 'revoke', privileges: readonly string[], holder: string): Omit<Change, 'on'>[] =>
    privileges.length === 0 ? [] : [{ verb: `${action} ${privileges.join(', ').toLowerCase()} on ${kind}`, holder }];
  const excess = has.filter((privilege) => !needs.includes(privilege));
  const missing = needs.filter((privilege) => !has.includes(privilege));
  return [
    ...change('revoke', held('public'), 'from public'),
    ...change('revoke', excess, `from ${role}`),
    ...change('grant', missing, `to ${role}`),
  ];
}

/**
 * The statements after which a service's role has exactly what it needs on its schema, and PUBLIC nothing; none when
 * that is so already.
 *
 * @param role as a statement names it
 */
export function grantStatements(objects: readonly SchemaObject[], role: string): readonly string[] {
  const changes = new Map<string, Change>();
  for (const object of objects) {
    for (const { verb, holder } of changesOf(object, role)) {
      const change = changes.get(`${verb} ${holder}`) ?? { verb, holder, on: [] };
      change.on.push(object.sql);
      changes.set(`${verb} ${holder}`, change);
    }
  }
  return [...changes.values()].map(({ verb, holder, on }) => `${verb} ${on.join(', ')} ${holder}`);
}

const OBJECTS = `
with schema as (select oid, nspname, nspowner, nspacl from pg_namespace where nspname = $1),
objects as (
  select 'schema' as kind, nspname::text as name, quote_ident(nspname) as sql, false as "isInternal",
    coalesce(nspacl, acldefault('n', nspowner)) as acl
  from schema
  union all
  select case c.relkind when 'S' then 'sequence' else 'table' end, c.relname::text, format('%I.%I', s.nspname, c.relname),
    c.relispartition or exists (
      select from pg_depend d join pg_class t on t.oid = d.refobjid
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.objid = c.oid
        and c.relkind = 'S' and d.deptype in ('a', 'i') and t.relname = any ($3)
    ),
    coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner))
  from pg_class c join schema s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'routine', p.proname::text, format('%I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), false,
    coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p join schema s on s.oid = p.pronamespace
)
select o.kind, o.name, o.sql, o."isInternal", coalesce((
  select json_agg(json_build_object(
    'holder', case a.grantee when 0 then 'public' else 'role' end, 'privilege', a.privilege_type) order by a.privilege_type)
  from aclexplode(o.acl) a
  where a.grantee = 0 or a.grantee = (select oid from pg_roles where rolname = $2)
), '[]') as rights
from objects o
order by o.kind, o.name, o.sql`;

/**
 * Gives a service's role what it needs on the schema, takes back what it does not, and all that PUBLIC has. Run it as
 * the schema's owner after every migration: new tables have no grants yet.
 *
 * @returns the statements that were necessary
 */
export async function applyGrants(connection: Queryable, schema: string, role: string): Promise<readonly string[]> {
  const objects = await connection.query<SchemaObject>(OBJECTS, [schema, role, [...READ_ONLY]]);
  const statements = grantStatements(objects, pg.escapeIdentifier(role));
  for (const statement of statements) await connection.query(statement);
  return statements;
}
