/** Places as programs outside of the fleet directory know them. */
import type { Finding, SourceSpan } from '../../../kernel/finding.ts';

/** Other programs know files by their path in the repository. */
export function inRepository(finding: Finding, prefix: string): Finding {
  if (prefix === '') return finding;
  const move = (source: SourceSpan): SourceSpan => ({ ...source, file: fromRoot(prefix, source.file) });
  return {
    ...finding,
    ...(finding.source === undefined ? {} : { source: move(finding.source) }),
    ...(finding.related === undefined
      ? {}
      : { related: finding.related.map(({ source, note }) => ({ source: move(source), note })) }),
  };
}

export function fromRoot(prefix: string, path: string): string {
  return prefix === '' ? path : `${prefix}/${path}`;
}
