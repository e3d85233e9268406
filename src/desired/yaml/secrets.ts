/**
 * Secrets in plain text: found in the text itself, comments included, before anything is shown of it. What is
 * found never appears in a message or a code frame.
 */
import type { TextRange } from '../../kernel/document/source-text.ts';

export interface PlainSecret {
  readonly range: TextRange;
  readonly what: string;
}

interface Pattern {
  readonly what: string;
  /** Group 1, where there is one, is what must not be shown. */
  readonly pattern: RegExp;
}

const patterns: readonly Pattern[] = [
  {
    what: 'a private key',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/dgu,
  },
  { what: 'a URL with a password', pattern: /[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'{}]*:([^\s/@"'{}$]+)@/dgiu },
  { what: 'a URL with a token', pattern: /\bhttps?:\/\/([^\s/:@"'{}$?#]+)@/dgiu },
  {
    what: 'a URL with a secret',
    pattern:
      /\bhttps?:\/\/[^\s"'{}]*[?&](?:[\w-]*(?:token|sig|signature|secret|password|credential|key))=([^\s&"'{}#]+)/dgiu,
  },
  { what: 'a webhook URL', pattern: /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/([^\s"',}]+)/dgu },
  {
    what: 'a webhook URL',
    pattern: /https:\/\/(?:discord(?:app)?\.com\/api\/webhooks|[\w.-]+\.webhook\.office\.com)\/([^\s"',}]+)/dgu,
  },
  { what: 'a Slack token', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{10,}/dgu },
  { what: 'a GitHub token', pattern: /\b(?:gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/dgu },
  { what: 'a GitLab token', pattern: /\bglpat-[\w-]{20,}/dgu },
  { what: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/dgu },
  { what: 'a Google API key', pattern: /\bAIza[\w-]{35}/dgu },
  { what: 'a signed token', pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/dgu },
  {
    what: 'a secret',
    pattern:
      /^[^#\n]*?["']?\b(?:[\w-]*(?:password|passwd|passphrase|secret|token|credentials)|(?:[\w-]*[_-])?pwd|api[_-]?key|access[_-]?key|private[_-]?key|routing[_-]?key|[\w-]*ApiKey|[\w-]*AccessKey|routingKey|privateKey)["']?[ \t]*:[ \t]+(?!null\b|~|true\b|false\b)(?!['"]?[^\s,}'"]*\()("[^"\n]+"|'[^'\n]+'|[^\s"'{}[\],#&*!|>][^\s,}\]]*)/dgimu,
  },
];

// Scanning costs more than parsing where every pattern is tried everywhere; most texts hold none of these.
const hint =
  /PRIVATE KEY|:\/\/[^\s/]*@|hooks\.slack|webhook|xox|gh[oprsu]_|github_pat_|glpat-|AKIA|ASIA|AIza|eyJ|passw|passphrase|secret|token|credentials|pwd|[_-]?key["']?[ \t]*:|[?&][\w-]*(?:sig|key|credential)[\w-]*=/iu;

/** Sorted by place; where two overlap the first pattern counts. */
export function findSecrets(text: string): readonly PlainSecret[] {
  if (!hint.test(text)) return [];
  const found: PlainSecret[] = [];
  for (const { what, pattern } of patterns) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = match.indices![1] ?? match.indices![0]!;
      const overlaps = found.some(({ range }) => start < range.offset + range.length && range.offset < end);
      if (!overlaps) found.push({ what, range: { offset: start, length: end - start } });
    }
  }
  return found.sort((a, b) => a.range.offset - b.range.offset);
}

/** The text with every secret covered, each unit by one asterisk, so that places stay what they are. */
export function coverSecrets(text: string, secrets: readonly PlainSecret[]): string {
  let covered = '';
  let at = 0;
  for (const { range } of secrets) {
    covered += text.slice(at, range.offset);
    covered += text.slice(range.offset, range.offset + range.length).replaceAll(/[^\r\n]/gu, '*');
    at = range.offset + range.length;
  }
  return covered + text.slice(at);
}
