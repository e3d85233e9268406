/** `themis validate`: every finding of a fleet directory, for people or for another program. Changes nothing, asks no node. */
import { resolve } from 'node:path';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { experimentalFindings } from '../../../desired/experimental.ts';
import { sortedFindings, withFrames } from '../../../desired/locate-findings.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import { exchangeText, findingFormats, type FindingFormat } from '../../../report/findings-exchange.ts';
import { findingsSummary, findingsText } from '../../../report/findings.ts';
import type { Command } from '../command.ts';
import { fromRoot, inRepository } from '../reading/repository-paths.ts';
import { loadDesired } from '../reading/load-desired.ts';
import { paintFor } from '../paint.ts';

export const validateCommand: Command = {
  name: 'validate',
  group: 'Plan and apply',
  summary: 'check the desired state and show everything that is wrong with it',
  arguments: [{ name: 'DIR', summary: 'fleet directory; default: the current one' }],
  options: [
    { name: '--rev', value: 'REV', summary: 'check a revision instead of the work tree' },
    {
      name: '--output',
      short: '-o',
      value: 'FORMAT',
      summary: 'output format',
      choices: findingFormats,
      default: 'text',
    },
  ],
  examples: [
    { line: 'themis validate', summary: 'check the fleet in this directory' },
    { line: 'themis validate -o github', summary: 'annotate the pull request in a GitHub workflow' },
    { line: 'themis validate --rev main fleets/orders', summary: 'check what is on a branch' },
  ],
  async run(session, input) {
    const directory = resolve(session.directory, input.argument('DIR') ?? '.');
    const loaded = await loadDesired(directory, openGit(), input.text('rev'));
    const unused = loaded.desired === undefined ? [] : experimentalFindings(loaded.desired);
    const findings = sortedFindings([...loaded.findings, ...withFrames(unused, loaded.files)]);
    const format = (input.text('output') ?? 'text') as FindingFormat;
    if (format === 'text') {
      session.out.write(findingsText(findings, paintFor(session.out)));
      if (session.verbosity !== 'quiet') session.out.write(`${findingsSummary(findings, loaded.files.length)}\n`);
    } else {
      const context = {
        themisVersion: session.themisVersion,
        fallbackFile: fromRoot(loaded.prefix, loaded.files[0]?.path ?? 'fleet.yaml'),
        files: loaded.files.length,
      };
      session.out.write(
        exchangeText(
          format,
          findings.map((finding) => inRepository(finding, loaded.prefix)),
          context,
        ),
      );
    }
    return hasErrors(findings) ? exitCode.invalid : exitCode.done;
  },
};
