import { ThemisError } from '../../../kernel/error.ts';

/**
 * A command line as its words: blanks divide them, quotes and backslashes keep them together as in a shell, and nothing
 * else means anything, because no shell ever sees it. Throws USAGE; `option` names where it stands.
 */
export function commandWords(text: string, option: string): string[] {
  const words: string[] = [];
  const pattern = /\s+|((?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+)/suy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) {
      throw new ThemisError('USAGE', `${option} ${JSON.stringify(text)} ends within quotes.`);
    }
    if (match[1] !== undefined) words.push(unquote(match[1]));
  }
  if (words.length === 0) throw new ThemisError('USAGE', `${option} names no program.`);
  return words;
}

function unquote(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gsu,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\(["\\])/gu, '$1') ?? escaped ?? '',
  );
}
