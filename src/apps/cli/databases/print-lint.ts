/** Findings of lint in the format that was asked for. */
import type { Finding } from '../../../kernel/finding.ts';
import { exchangeText, findingFormats } from '../../../report/findings-exchange.ts';
import { findingsMarkdown } from '../../../report/findings-markdown.ts';
import { findingsSummary, findingsText } from '../../../report/findings.ts';
import type { Session } from '../command.ts';
import { paintFor } from '../paint.ts';
import { fromRoot, inRepository } from '../reading/repository-paths.ts';

export const lintFormats = [...findingFormats, 'markdown'] as const;
export type LintFormat = (typeof lintFormats)[number];

export interface LintPrint {
  readonly format: LintFormat;
  /** Looked at. */
  readonly migrations: number;
  /** Not looked at, for the database has them behind it. */
  readonly finished: number;
  /** Of the fleet directory in its repository. */
  readonly prefix: string;
  readonly fallbackFile: string;
  readonly files: number;
}

export function printLint(session: Session, findings: readonly Finding[], print: LintPrint): void {
  const { format, migrations, prefix, files } = print;
  const { finished } = print;
  const behind = finished === 0 ? '' : ` ${finished} more ${finished === 1 ? 'is' : 'are'} done in the database.`;
  const summary = `${findingsSummary(findings, migrations, 'migration')}${behind}`;
  if (format === 'text') {
    session.out.write(findingsText(findings, paintFor(session.out)));
    if (session.verbosity !== 'quiet') session.out.write(`${summary}\n`);
    return;
  }
  const moved = findings.map((finding) => inRepository(finding, prefix));
  if (format === 'markdown') {
    session.out.write(findingsMarkdown(moved, 'Migrations', summary));
    return;
  }
  const fallbackFile = fromRoot(prefix, print.fallbackFile);
  const context = { themisVersion: session.themisVersion, fallbackFile, files, command: 'migrate lint' };
  session.out.write(exchangeText(format, moved, context));
}
