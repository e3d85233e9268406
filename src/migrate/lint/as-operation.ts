/** An operation as a person would write it, for a fix that can be copied. */
import type { Operation } from '../../model/documents.ts';

export function asOperation(operation: Operation): string {
  return `\`${Object.entries(operation)
    .map(([kind, params]) => `${kind}: ${flow(params)}`)
    .join(', ')}\``;
}

function flow(value: unknown): string {
  if (typeof value === 'string') return plain(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([name, field]) => `${flow(name)}: ${flow(field)}`).join(', ')} }`;
}

/** What YAML reads as a text, and as this one, also within brackets. */
function plain(text: string): boolean {
  return (
    /^[A-Za-z_][\w.]*(?: [\w.]+)*(?:\([\w ]*\))?$/u.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/iu.test(text)
  );
}
