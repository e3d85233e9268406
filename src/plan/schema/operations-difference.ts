/** What a file says otherwise than what was applied, operation by operation. */
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Operation } from '../../model/documents.ts';

const shownLines = 20;
const longestLine = 300;

/**
 * `- {"addColumn":...}` for what only the database has, `+ ...` for what only the file has, in the order of the operations
 * (a longest common subsequence of canonical JSON). Migrations have few operations.
 */
export function operationsDifference(applied: readonly Operation[], wanted: readonly Operation[]): readonly string[] {
  const [a, b] = [applied.map(textOf), wanted.map(textOf)];
  const common = lengths(a, b);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      i += 1;
      j += 1;
    } else if (j === b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${shortened(a[i]!)}`);
      i += 1;
    } else {
      lines.push(`+ ${shortened(b[j]!)}`);
      j += 1;
    }
  }
  const rest = lines.length - shownLines;
  return rest > 0 ? [...lines.slice(0, shownLines), `and ${rest} more`] : lines;
}

/** Of the longest common subsequence of what begins at i and at j. */
function lengths(a: readonly string[], b: readonly string[]): readonly (readonly number[])[] {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i]![j] = a[i] === b[j] ? 1 + table[i + 1]![j + 1]! : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}

function textOf(operation: Operation): string {
  return canonicalJson(operation as unknown as JsonObject);
}

function shortened(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
