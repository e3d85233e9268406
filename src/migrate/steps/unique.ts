/** A unique constraint or primary key whose index is built beside the writers and then taken over. */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { StepDraft } from '../operation.ts';
import { identifier } from '../sql/quote.ts';
import { adding, dropping } from './constraint.ts';
import { inTransaction, statements } from './steps.ts';

export function uniqueSteps(table: NamedIn, name: string, definition: string): readonly StepDraft[] {
  const index = { schema: table.schema, name };
  return [
    {
      key: 'build',
      title: `builds the index of ${name}`,
      action: { kind: 'build-index', index, definition },
      // Where the constraint was dropped, its index is gone already.
      undo: { kind: 'drop-index', index, concurrently: true },
      lock: 'schema',
      rewrites: false,
    },
    statements([takingOver(table, name, 'UNIQUE', name)], {
      key: 'constraint',
      title: `makes ${name} a constraint`,
      undo: inTransaction(dropping(table, name)),
      lock: 'everybody',
    }),
  ];
}

export function takingOver(table: NamedIn, name: string, kind: 'UNIQUE' | 'PRIMARY KEY', index: string): string {
  return adding(table, name, `${kind} USING INDEX ${identifier(index)}`);
}
