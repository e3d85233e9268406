import { resolve } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openReleaseSource, remotePlaceOf } from '../../../adapters/release-source/index.ts';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Desired, ReleaseSourceSpec } from '../../../model/desired.ts';
import { findingsText } from '../../../report/findings.ts';
import { updatesText, type UpdatesView } from '../../../report/updates.ts';
import { findUpdates } from '../../../resolve/find-updates.ts';
import type { Command, Input, Session } from '../command.ts';
import { outputOption } from '../output-option.ts';
import { paintFor } from '../paint.ts';
import { keptPlace } from '../reading/fleet-source.ts';
import { loadDesired } from '../reading/load-desired.ts';
import { trustOf } from '../reading/release-input.ts';
import { lookAtIndex } from '../releases/looked-index.ts';

export const releaseCheckCommand: Command = {
  name: 'release check',
  group: 'Releases',
  summary: 'tell which releases are newer than what the lock pins, within what the Fleet asks for',
  arguments: [{ name: 'DIR', summary: 'fleet directory; default: the current one' }],
  options: [
    {
      name: '--interval',
      value: 'DURATION',
      summary:
        'look at the source at most once in this time, with one request where nothing changed and two where something did; in between what was kept answers (0s: look now)',
      default: '1h',
    },
    { name: '--critical-only', summary: 'leave out releases that are not critical' },
    { name: '--anchors', value: 'FILE', summary: 'anchors.json: verify the signature and age of the index as well' },
    { name: '--detailed-exitcode', summary: 'exit 2 when something newer is there' },
    outputOption,
  ],
  examples: [
    { line: 'themis release check', summary: 'of the fleet in this directory' },
    { line: 'themis release check -o json --detailed-exitcode', summary: 'in a scheduled job' },
  ],
  async run(session, input) {
    const directory = resolve(session.directory, input.argument('DIR') ?? '.');
    const { desired, findings } = await loadDesired(directory, openGit());
    if (desired === undefined) {
      session.err.write(findingsText(findings, paintFor(session.err)));
      return exitCode.invalid;
    }
    const view = await lookFor(session, input, desired, directory);
    if (input.text('output') === 'json') session.out.write(`${JSON.stringify(view, null, 2)}\n`);
    else session.out.write(updatesText(view));
    const isNews = view.packages.some(({ newer }) => newer.length > 0);
    return isNews && input.flag('detailed-exitcode') ? exitCode.changes : exitCode.done;
  },
};

async function lookFor(session: Session, input: Input, desired: Desired, directory: string): Promise<UpdatesView> {
  const { uid, releases, packages } = desired.fleet;
  const trust = input.text('anchors') === undefined ? null : await trustOf(session, input, createNodeFileSystem());
  const address = addressOf(releases, directory);
  const { environment, clock } = session;
  // A look is a look: what does not answer is asked again at the next.
  const looked = await lookAtIndex(session, {
    source: openReleaseSource(releases, { directory, environment, clock, mostAttempts: 1 }),
    address,
    place: keptPlace(environment, uid, releases),
    intervalMs: input.duration('interval')!,
    trust,
  });
  const { index, atMs, asked, nextMs, failure } = looked;
  return {
    source: address,
    asOf: formatInstant(atMs),
    asked,
    nextAt: formatInstant(nextMs),
    verified: trust !== null,
    failure,
    index: {
      counter: index.counter,
      generatedAt: index.generatedAt,
      expiresAt: index.expiresAt,
      stale: Date.parse(index.expiresAt) < clock.nowMs(),
    },
    packages: findUpdates({
      packages,
      lock: desired.lock,
      entries: index.entries,
      criticalOnly: input.flag('critical-only'),
    }),
  };
}

function addressOf(spec: ReleaseSourceSpec, directory: string): string {
  if (spec.kind === 'directory') return resolve(directory, spec.directory);
  const place = remotePlaceOf(spec);
  return place.kind === 'http' ? place.url : `${place.apiUrl}/repos/${place.owner}/${place.repo}`;
}
