import { describe, expect, it } from '@jest/globals';
import { grantStatements, type SchemaObject } from './grants.ts';

function object(kind: SchemaObject['kind'], name: string, more: Partial<SchemaObject> = {}): SchemaObject {
  return { kind, name, sql: `agent.${name}`, isInternal: false, rights: [], ...more };
}

const held = (...privileges: string[]): SchemaObject['rights'] =>
  privileges.map((privilege) => ({ holder: 'role', privilege }));

describe("the grants of a service's role", () => {
  it('let it read the log, call its functions, and write everything else', () => {
    expect(
      grantStatements(
        [
          object('schema', 'agent'),
          object('table', 'events'),
          object('table', 'lanes'),
          object('table', 'stock'),
          object('sequence', 'stock_n_seq'),
          object('routine', 'append_batch', { sql: 'agent.append_batch(json)' }),
        ],
        'clerk',
      ),
    ).toEqual([
      'grant usage on schema agent.agent to clerk',
      'grant select on table agent.events, agent.lanes to clerk',
      'grant select, insert, update, delete on table agent.stock to clerk',
      'grant usage on sequence agent.stock_n_seq to clerk',
      'grant execute on routine agent.append_batch(json) to clerk',
    ]);
  });

  it('leave out partitions and functions that are not named', () => {
    expect(
      grantStatements([object('table', 'events_p0', { isInternal: true }), object('routine', 'drop_all')], 'clerk'),
    ).toEqual([]);
  });

  it('take back whatever is more, and all that PUBLIC has', () => {
    const rights: SchemaObject['rights'] = [...held('SELECT', 'UPDATE'), { holder: 'public', privilege: 'SELECT' }];

    expect(grantStatements([object('table', 'events', { rights })], 'clerk')).toEqual([
      'revoke select on table agent.events from public',
      'revoke update on table agent.events from clerk',
    ]);
  });

  it('are nothing when all is as it should be', () => {
    expect(
      grantStatements(
        [
          object('schema', 'agent', { rights: held('USAGE') }),
          object('table', 'events', { rights: held('SELECT') }),
          object('table', 'stock', { rights: held('SELECT', 'INSERT', 'UPDATE', 'DELETE') }),
        ],
        'clerk',
      ),
    ).toEqual([]);
  });
});
