import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerToolsMissing } from './errors.ts';
import { findServerBinaries } from './find-server-binaries.ts';

const ALL = ['initdb', 'postgres', 'pg_ctl', 'pg_dump', 'pg_restore', 'psql'];

describe('finding the server programs', () => {
  let root: string;

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'find-')));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  function programs(folder: string, names: readonly string[], version: string): string {
    const path = join(root, folder);
    mkdirSync(path, { recursive: true });
    for (const name of names)
      writeFileSync(join(path, name), `#!/bin/sh\necho "${name} ${version}"\n`, { mode: 0o755 });
    return path;
  }

  it('takes PATH before the usual folders', () => {
    const mine = programs('mine', [...ALL, 'nats-server'], '16.3');
    programs('lib/17/bin', ALL, '17.1');

    expect(findServerBinaries({ path: [mine], usualFolders: [`${root}/lib/*/bin`] })).toEqual({
      postgresBin: mine,
      postgresMajor: 16,
      natsServer: join(mine, 'nats-server'),
    });
  });

  it('takes the highest version of the usual folders, by number and not by letter', () => {
    programs('lib/9/bin', ALL, '9.6');
    programs('lib/15/bin', ALL, '15.1');
    programs('lib/17/bin', ALL, '17.1');
    const nats = programs('sbin', ['nats-server'], 'v2.9.10');

    expect(findServerBinaries({ path: [nats], usualFolders: [`${root}/lib/*/bin`] }).postgresMajor).toBe(17);
  });

  it('takes the version that existing data needs', () => {
    programs('lib/15/bin', ALL, '15.1');
    programs('lib/17/bin', ALL, '17.1');
    const nats = programs('sbin', ['nats-server'], 'v2.9.10');
    const found = findServerBinaries({ path: [nats], usualFolders: [`${root}/lib/*/bin`], postgresMajor: 15 });

    expect(found.postgresBin).toBe(join(root, 'lib/15/bin'));
  });

  it('follows a link to the folder that holds all programs', () => {
    const real = programs('lib/15/bin', ALL, '15.1');
    const linked = programs('bin', ['nats-server'], 'v2.10.1');
    symlinkSync(join(real, 'postgres'), join(linked, 'postgres'));

    expect(findServerBinaries({ path: [linked], usualFolders: [] }).postgresBin).toBe(real);
  });

  it('does not take a client for a server', () => {
    const clients = programs('bin', ['pg_dump', 'pg_restore', 'psql', 'nats-server'], '15.1');

    expect(() => findServerBinaries({ path: [clients], usualFolders: [] })).toThrow(/PostgreSQL server programs/);
  });

  it('names all that is missing or too old, and what to do', () => {
    const old = programs('bin', [...ALL, 'nats-server'], '2.8.4');
    const search = () => findServerBinaries({ path: [old], usualFolders: ['/nowhere/*/bin'] });

    expect(search).toThrow(ServerToolsMissing);
    expect(search).toThrow(/15 or newer .*is version 2.*2\.9 or newer .*is 2\.8.*apt-get install.*docker compose up/);
  });
});
