import { type Shape, textOf } from '../kernel/document/shape.ts';

/** Text of at most `limit` characters; `pattern` says more about it. */
export function boundedText(limit: number, pattern?: RegExp): Shape<string> {
  const expected = `text of at most ${limit} characters`;
  return textOf(
    pattern === undefined ? expected : `${expected}, like ${pattern.source}`,
    (text) => text.length <= limit && pattern?.test(text) !== false,
  );
}
