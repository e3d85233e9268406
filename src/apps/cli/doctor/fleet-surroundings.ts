/** Reads what the checks of a fleet look at. Writes nothing, makes no store, takes no lock. */
import { existsSync } from 'node:fs';
import { stateFile } from '../../../adapters/store/state-directory.ts';
import { collect } from '../../../fleet/collect.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import type { Desired } from '../../../model/desired.ts';
import type { Store } from '../../../ports/store.ts';
import { createNodeTransport } from '../../agent/node-deps.ts';
import { openFleetStore } from '../fleet/plan-sources.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import { loadDesired } from '../reading/load-desired.ts';
import type { Session } from '../command.ts';
import { fine, wrong, type FleetSurroundings, type Looked, type Surroundings } from './check.ts';

const observedAtOnce = 32;

/** The line about the fleet directory itself, and what the other checks need when it is valid. */
export async function lookAtFleet(
  around: Surroundings,
): Promise<{ readonly looked: Looked; readonly fleet: FleetSurroundings | undefined }> {
  const { session, directory, git } = around;
  let loaded;
  try {
    loaded = await loadDesired(directory, git);
  } catch (error) {
    const summary = `${directory} cannot be read: ${errorOf(error).message}`;
    const hint = error instanceof ThemisError ? error.hint : undefined;
    const fix = hint ?? 'Name the fleet directory, or make one with: themis init DIR';
    return { looked: wrong('error', 'THM6042', summary, fix), fleet: undefined };
  }
  const { desired, findings, files, source } = loaded;
  if (desired === undefined || hasErrors(findings)) {
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    const summary = `The desired state in ${directory} is not valid: ${errors} ${errors === 1 ? 'error' : 'errors'}.`;
    const fix = 'Run: themis validate';
    return { looked: wrong('error', 'THM6041', summary, fix), fleet: undefined };
  }
  const transport = createNodeTransport(directory, session);
  const collecting = { parallelism: observedAtOnce, full: false, signal: session.interrupts.soft };
  const [observed, catalogue] = await Promise.all([
    collect(transport, desired.fleet.nodes, collecting),
    loadCatalogue(desired, directory, session).catch(errorOf),
  ]);
  const { name, nodes } = desired.fleet;
  const detail = `${name}: ${files.length} files, ${nodes.length} nodes`;
  const paths = files.map(({ path }) => path);
  const store = openStore(session, desired);
  return { looked: fine(detail), fleet: { ...around, desired, files: paths, source, observed, catalogue, store } };
}

function openStore(session: Session, desired: Desired): Store | Error | null {
  const { coordination, uid } = desired.fleet;
  try {
    if (coordination.kind === 'sqlite' && !existsSync(stateFile(session.environment, uid))) return null;
    return openFleetStore(session, desired);
  } catch (error) {
    return errorOf(error);
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
