/** The desired state of a fleet directory as commands need it: read, parsed, with every finding. */
import { hasErrors, type Finding } from '../../../kernel/finding.ts';
import type { SourceFile } from '../../../kernel/document/source-text.ts';
import type { Desired } from '../../../model/desired.ts';
import type { PlanSource } from '../../../model/plan.ts';
import type { Git } from '../../../ports/git.ts';
import { sortedFindings } from '../../../desired/locate-findings.ts';
import { parseDesired } from '../../../desired/parse.ts';
import { readDesiredDirectory } from './desired-directory.ts';

export interface LoadedDesired {
  /** Undefined when a finding is an error. */
  readonly desired: Desired | undefined;
  readonly findings: readonly Finding[];
  readonly files: readonly SourceFile[];
  readonly source: PlanSource;
  readonly prefix: string;
}

export async function loadDesired(directory: string, git: Git, revision?: string): Promise<LoadedDesired> {
  const read = await readDesiredDirectory(directory, git, revision);
  const parsed = parseDesired(read.files);
  const findings = sortedFindings([...read.findings, ...parsed.findings]);
  const { files, source, prefix } = read;
  return { desired: hasErrors(read.findings) ? undefined : parsed.desired, findings, files, source, prefix };
}
