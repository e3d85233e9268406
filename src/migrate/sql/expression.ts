/** SQL expressions of a document: set in parentheses, and looked through for the columns they name. */

/** In parentheses, whatever it ends with: a comment would swallow the closing one. */
export function expression(text: string): string {
  return text.includes('--') ? `(${text}\n)` : `(${text})`;
}

const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|(?<!\w)e'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|(\$\w*\$)[\s\S]*?\1|::\s*"?[\w.]+"?|"(?<quoted>(?:[^"]|"")+)"|(?<plain>[\p{L}_][\p{L}\p{N}_$]*)(?!\s*\()/giu;

/**
 * Those of `columns` that an expression names, in their order. It reads words, not grammar: names in texts, comments,
 * casts and calls do not count.
 */
export function columnsIn(text: string, columns: readonly string[]): readonly string[] {
  const named = new Set<string>();
  for (const { groups } of text.matchAll(token)) {
    if (groups!['quoted'] !== undefined) named.add(groups!['quoted'].replaceAll('""', '"'));
    if (groups!['plain'] !== undefined) named.add(groups!['plain'].toLowerCase());
  }
  return columns.filter((column) => named.has(column));
}
