/** Names and values in SQL text. Always quoted: a name is what the database shows, whatever its letters. */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { Scalar } from '../../model/documents.ts';

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as SQL reads it, whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** A plain value of a document. */
export function scalar(value: Scalar): string {
  return typeof value === 'string' ? literal(value) : String(value).toUpperCase();
}

export function qualified({ schema, name }: NamedIn): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

/** `users` and `billing.invoices` of a document. */
export function tableName(written: string): NamedIn {
  const dot = written.indexOf('.');
  return dot < 0
    ? { schema: 'public', name: written }
    : { schema: written.slice(0, dot), name: written.slice(dot + 1) };
}

export function list(names: readonly string[]): string {
  return names.map(identifier).join(', ');
}
