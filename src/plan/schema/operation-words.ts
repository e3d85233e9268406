/** What the operations of a migration do in each phase, in words and without a database. */
import type { DescribedOperation } from '../../actions/schema-step.ts';
import { operationOf } from '../../migrate/index.ts';
import type { OperationTraits } from '../../migrate/operation.ts';
import { schemaPhases, type SchemaPhase } from '../../model/schema/database.ts';
import type { Operation } from '../../model/documents.ts';

interface Told {
  readonly does: string;
  readonly traits: OperationTraits;
}

function tell(operation: Operation): Told {
  const { params, code } = operationOf(operation);
  return { does: code.describe(params), traits: code.traits(params) };
}

/** Every migration is expanded, if only to be known; the other phases are for what has something to do in them. */
export function phasesOf(operations: readonly Operation[]): readonly SchemaPhase[] {
  const used = new Set<SchemaPhase>(['expand']);
  for (const operation of operations) for (const phase of tell(operation).traits.phases) used.add(phase);
  return schemaPhases.filter((phase) => used.has(phase));
}

/** What comes after `done` in a migration; null: nothing is done yet. */
export function phasesAfter(operations: readonly Operation[], done: SchemaPhase | null): readonly SchemaPhase[] {
  const rest = done === null ? schemaPhases : schemaPhases.slice(schemaPhases.indexOf(done) + 1);
  const own = phasesOf(operations);
  return rest.filter((phase) => own.includes(phase));
}

/** The longest of what has something to do in contract. */
export function graceOf(operations: readonly Operation[]): number {
  const traits = operations.map((operation) => tell(operation).traits);
  return Math.max(0, ...traits.filter(({ phases }) => phases.includes('contract')).map(({ graceMs }) => graceMs));
}

/** Those with a part in the phase, in order. */
export function operationsIn(operations: readonly Operation[], phase: SchemaPhase): readonly DescribedOperation[] {
  return operations.flatMap((operation): DescribedOperation[] => {
    const { does, traits } = tell(operation);
    if (!traits.phases.includes(phase)) return [];
    const { inverse } = traits;
    // Until the last of its phases something is left of what was.
    const isFinal = inverse.kind === 'irreversible' && traits.phases.at(-1) === phase;
    const of = traits.phases.length;
    const part = of === 1 ? does : `${does} (part ${traits.phases.indexOf(phase) + 1} of ${of})`;
    return [isFinal ? { does: part, irreversible: inverse.why } : { does: part }];
  });
}

/** What is to be taken back where `done` is the furthest phase, newest first; with why where that cannot be. */
export function operationsDone(operations: readonly Operation[], done: SchemaPhase): readonly DescribedOperation[] {
  const reached = new Set(schemaPhases.slice(0, schemaPhases.indexOf(done) + 1));
  const list = operations.flatMap((operation): DescribedOperation[] => {
    const { does, traits } = tell(operation);
    const [first] = traits.phases;
    if (first === undefined || !reached.has(first)) return [];
    const { inverse } = traits;
    const isFinal = inverse.kind === 'irreversible' && reached.has(traits.phases.at(-1)!);
    return [isFinal ? { does, irreversible: inverse.why } : { does }];
  });
  return list.reverse();
}

/** Whether it fills columns: what an earlier version writes afterwards is filled only when that is done once more. */
export function fills(operations: readonly Operation[]): boolean {
  return operations.some((operation) => 'backfill' in operation);
}

/** What is done once with the data, whoever writes afterwards: nobody knows what doing it again would do. */
export function doneOnce(operations: readonly Operation[]): readonly DescribedOperation[] {
  return operationsIn(
    operations.filter((operation) => 'rawSql' in operation || 'custom' in operation),
    'migrate',
  );
}

/** Whether it treats every row of a table. */
export function rewritesIn(operations: readonly Operation[], phase: SchemaPhase): boolean {
  return operations.some((operation) => {
    const { traits } = tell(operation);
    return traits.rewrites && traits.phases.includes(phase);
  });
}
