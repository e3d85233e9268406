/** Which queries a migration will not be tried against, because nobody has the manifest that lists them. */
import { databaseOf, isSchemaStep, schemaParams } from '../../actions/schema-step.ts';
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
    if (!isExpanding(step)) continue;
    const { migration: name } = schemaParams(step);
    const migration = desired.migrations.find((one) => one.name === name);
    if (migration === undefined) continue;
    const around = releasesAround({ steps }, observed, step);
    const { unknown } = releaseProbesOf(migration, desired.migrations, around, manifestOf);
    if (unknown.length === 0) continue;
    notes.note('schemaProbesUnknown', {
      summary: `Migration ${name} is not tried against the queries of ${listNames(unknown)}: the manifest is not at hand.`,
      fix: `Keep what nodes run in the index of releases, or list under probes of ${name} what it asks of database ${databaseOf(step)}.`,
      address: `migration/${name}`,
    });
  }
}

/** Also where there is nothing to expand, and what belongs to it is made good later. */
function isExpanding(step: PlanStep): boolean {
  return isSchemaStep(step) && step.kind !== 'schema-undo' && (step.before.schema?.done ?? null) === null;
}
