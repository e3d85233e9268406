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
  readonly migrations: number;
  /** Of the fleet directory in its repository. */
  readonly prefix: string;
  readonly fallbackFile: string;
  readonly files: number;
}

export function printLint(session: Session, findings: readonly Finding[], print: LintPrint): void {
  const { format, migrations, prefix, files } = print;
  const summary = findingsSummary(findings, migrations, 'migration');
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
