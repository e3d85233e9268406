/** What an undo would take back, for people: what cannot come back first, then migrations, newest first. */
import { count } from './plan/plan-phrases.ts';

export interface SchemaUndoView {
  readonly database: string;
  /** Before it. */
  readonly schemaVersion: number;
  /** Newest first. */
  readonly parts: readonly SchemaUndoPart[];
}

export interface SchemaUndoPart {
  readonly migration: string;
  readonly schemaVersion: number;
  /** In the order in which they are taken back. `final`: why that cannot be. */
  readonly steps: readonly { readonly phase: string; readonly title: string; readonly final: string | null }[];
  /** Nodes that have the release of it: `node-a`. */
  readonly usedBy: readonly string[];
}

export function schemaUndoText({ database, schemaVersion, parts }: SchemaUndoView): string {
  const finals = parts.flatMap(({ migration, steps }) =>
    steps.flatMap(({ title, final }) => (final === null ? [] : [`! ${migration}: ${title}: ${final}\n`])),
  );
  const cannot = finals.length === 0 ? '' : `Cannot be taken back:\n${finals.join('')}\n`;
  const blocks = parts.map(partText).join('\n');
  const back = parts.at(-1)!.schemaVersion - 1;
  const summary =
    finals.length === 0
      ? `Undo: ${count(parts.length, 'migration')} of database ${database}, from schema version ${schemaVersion} to ${back}.\n`
      : `Undo: refused, ${count(finals.length, 'step')} cannot be taken back.\n`;
  return `${cannot}${blocks}\n${summary}`;
}

function partText({ migration, schemaVersion, steps, usedBy }: SchemaUndoPart): string {
  const lines = steps.filter(({ final }) => final === null).map(({ phase, title }) => `    ${phase}: ${title}\n`);
  const nothing = steps.length === 0 ? '    nothing of it is left to take back\n' : '';
  const used = usedBy.length === 0 ? '' : `    its release is in use: ${usedBy.join(', ')}\n`;
  return `< ${migration} (schema version ${schemaVersion})\n${used}${lines.join('')}${nothing}`;
}
