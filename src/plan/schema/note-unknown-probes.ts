/** Which queries a migration will not be tried against, because nobody has the manifest that lists them. */
import { databaseOf, schemaParams } from '../../actions/schema-step.ts';
import type { PlanStep } from '../../model/plan.ts';
import { listNames, type Notes } from '../findings/notes.ts';
import type { PlanInputs } from '../plan-inputs.ts';
import { manifestsOf, releaseProbesOf } from './release-probes.ts';
import { releasesAround } from './releases-around.ts';

export function noteUnknownProbes(
  steps: readonly PlanStep[],
  { desired, observed, catalogue }: PlanInputs,
  notes: Notes,
): void {
  const manifestOf = manifestsOf(catalogue);
  for (const step of steps) {
    if (!isTried(step)) continue;
    const { migration: name } = schemaParams(step);
    const migration = desired.migrations.find((one) => one.name === name);
    if (migration === undefined) continue;
    const around = releasesAround({ steps }, observed, step);
    // A contract waits for nodes of which nobody knows what they run.
    const known = step.kind === 'schema-contract' ? { ...around, unseen: [] } : around;
    const { unknown } = releaseProbesOf(migration, desired.migrations, known, manifestOf);
    if (unknown.length === 0) continue;
    notes.note('schemaProbesUnknown', {
      summary: `Migration ${name} is not tried against the queries of ${listNames(unknown)}: the manifest is not at hand.`,
      fix: `Keep what nodes run in the index of releases, or list under probes of ${name} what it asks of database ${databaseOf(step)}.`,
      address: `migration/${name}`,
    });
  }
}

/** An expand, also where it has nothing to do and is made good later, and a contract. */
function isTried({ kind, before }: PlanStep): boolean {
  if (kind === 'schema-contract') return true;
  return kind.startsWith('schema-') && kind !== 'schema-undo' && (before.schema?.done ?? null) === null;
}
