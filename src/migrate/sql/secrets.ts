/** Passwords in SQL. They have no place in a document, which lies in Git, nor in a message that shows the lines of one. */
import type { TextRange } from '../../kernel/document/source-text.ts';
import type { ParsedSql, SqlToken } from '../../ports/schema/sql-parser.ts';

export interface SecretPlace {
  /** Of the text that it stands in, quotes included. */
  readonly range: TextRange;
  /** The grammar says so: not only what the text looks like. */
  readonly isCertain: boolean;
}

export function secretsIn({ statements, tokens }: ParsedSql): readonly SecretPlace[] {
  const found: SecretPlace[] = [];
  let at = 0;
  for (const { node, range } of statements) {
    const [kind = ''] = Object.keys(node);
    const end = range.offset + range.length;
    for (; at < tokens.length && tokens[at]!.end <= end; at += 1) {
      const token = tokens[at]!;
      if (token.kind !== 'text') continue;
      const isCertain = keeping.test(kind) && (isNamed(tokens[at - 1]) || hasPassword.test(token.value));
      if (!isCertain && !looksSecret(token.value)) continue;
      found.push({ range: { offset: token.start, length: token.end - token.start }, isCertain });
    }
  }
  return found;
}

/** Statements whose options say how somebody signs in. */
const keeping = /^(?:Create|Alter)(?:Role|UserMapping|ForeignServer|Fdw|Subscription)Stmt$/u;

function isNamed(token: SqlToken | undefined): boolean {
  return (
    token?.kind === 'name' && /^(?:ssl)?pass(?:word|wd|phrase)$|secret|token$|api_?key/u.test(token.value.toLowerCase())
  );
}

const hasPassword = /\bpassword\s*=\s*[^\s']/iu;

/** `postgresql://user:password@host`, a connection string of libpq, CREATE ROLE in code. */
function looksSecret(text: string): boolean {
  if (/\b[a-z][a-z+]*:\/\/[^\s:/@'"]+:[^\s@/'"]+@/iu.test(text)) return true;
  if (text.startsWith('$')) return /\brole\b|\buser\b/iu.test(text) && /\bpassword\s+'[^']/iu.test(text);
  return hasPassword.test(text) && /\b(?:host|hostaddr|dbname|user|port)\s*=/iu.test(text);
}

/** With stars in their place, so that every offset stays. */
export function withoutSecrets(text: string, secrets: readonly SecretPlace[]): string {
  let shown = '';
  let from = 0;
  for (const { range } of secrets) {
    const end = range.offset + range.length;
    shown += text.slice(from, range.offset) + text.slice(range.offset, end).replaceAll(/[^\r\n]/gu, stars);
    from = end;
  }
  return shown + text.slice(from);
}

function stars(character: string): string {
  return '*'.repeat(character.length);
}
