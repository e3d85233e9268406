import { homedir } from 'node:os';
import { join } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';

/** `THEMIS_STATE_DIR`, else `$XDG_STATE_HOME/themis`, else `~/.local/state/themis`. An empty variable is an absent one. */
export function stateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const own = environment['THEMIS_STATE_DIR'];
  if (own !== undefined && own !== '') return own;
  const xdg = environment['XDG_STATE_HOME'];
  if (xdg !== undefined && xdg !== '') return join(xdg, 'themis');
  const home = environment['HOME'];
  return join(home === undefined || home === '' ? homedir() : home, '.local', 'state', 'themis');
}

/** The SQLite file of one fleet. The uid comes from a repository, so it must be one plain path segment. */
export function stateFile(environment: Readonly<Record<string, string | undefined>>, fleetUid: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(fleetUid)) {
    throw new ThemisError('INVALID_DESIRED', `the fleet's uid ${JSON.stringify(fleetUid)} cannot name a directory`, {
      hint: 'use letters, digits, dots and dashes; `themis init` writes a fitting one',
    });
  }
  return join(stateDirectory(environment), fleetUid, 'state.db');
}
