import { readShape, type Shape, type ShapeProblem, type UnknownFields } from '../../kernel/document/shape.ts';
import { parseStrictJson } from '../../kernel/document/strict-json.ts';
import { type ErrorCode, ThemisError } from '../../kernel/error.ts';

/** What a document that lies beside releases is called, how large it may be, and how it is refused. */
export interface DocumentKind {
  readonly name: string;
  readonly limitBytes: number;
  readonly code: ErrorCode;
}

/**
 * Fields that this Themis does not know. Readers leave them out: a signed document is its signer's, one of a later minor
 * version holds what earlier ones can do without, and what they cannot do without takes another major version. Whoever
 * signs, or takes a document's place, refuses them: nobody vouches for what he does not understand, or drops it unseen.
 */
export type Unknown = Extract<UnknownFields, 'drop' | 'refuse'>;

/** One shape for readers and one for signers. */
export function byUnknown<T>(shapeOf: (unknown: Unknown) => T): Readonly<Record<Unknown, T>> {
  return { drop: shapeOf('drop'), refuse: shapeOf('refuse') };
}

/** Form only. Throws UNSUPPORTED_FORMAT for another major version, else `code`, naming the first problems. */
export function readDocument<T>(bytes: Uint8Array, shape: Shape<T>, { name, limitBytes, code }: DocumentKind): T {
  const json = parseStrictJson(bytes, limitBytes);
  if (!json.ok) throw new ThemisError(code, `${name} cannot be read: ${json.detail}.`);
  const read = readShape(shape, json.value);
  if (read.ok) return read.value;
  if (read.problems.some(({ at, kind }) => at === 'formatVersion' && kind === 'value')) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `${name} has another format version; this Themis reads 1.x.`);
  }
  throw new ThemisError(code, `${name} is not in its form: ${summaryOf(read.problems)}.`);
}

function summaryOf(problems: readonly ShapeProblem[]): string {
  const shown = problems.slice(0, 3).map(({ kind, at, expected, found }) => {
    if (kind === 'missing') return `${at} is missing`;
    return kind === 'unknown' ? `${at} is unknown` : `${at} is ${found} instead of ${expected}`;
  });
  return problems.length > 3 ? `${shown.join('; ')}; and ${problems.length - 3} more` : shown.join('; ');
}
