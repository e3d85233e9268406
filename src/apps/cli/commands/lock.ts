/**
 * `themis lock`: resolves the ranges of the Fleet and writes `themis.lock.yaml`. What is pinned stays while nothing forces
 * a change, so that a lock moves only when somebody wants it to. Touches no other file and no node.
 */
import { open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { formatLock, lockFileName } from '../../../desired/format-lock.ts';
import { sortedFindings, withFrames } from '../../../desired/locate-findings.ts';
import { parseDesired } from '../../../desired/parse.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors, type Finding } from '../../../kernel/finding.ts';
import type { SourceFile } from '../../../kernel/document/source-text.ts';
import type { Desired, Lock, LockedPackage } from '../../../model/desired.ts';
import type { Catalogue } from '../../../model/release.ts';
import { findingsText } from '../../../report/findings.ts';
import { count } from '../../../report/plan/plan-phrases.ts';
import { parseSnapshot } from '../../../observe/snapshot.ts';
import { type LockOptions, resolveLock } from '../../../resolve/resolve-lock.ts';
import { openDependencyPlaces } from '../reading/dependency-places.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import type { Command, Input, Session } from '../command.ts';
import { readTextFile } from '../reading/text-file.ts';
import { readDesiredDirectory } from '../reading/desired-directory.ts';
import { paintFor } from '../paint.ts';
import { outputOption } from '../output-option.ts';

export const lockCommand: Command = {
  name: 'lock',
  group: 'Plan and apply',
  summary: 'resolve version ranges and pin them in themis.lock.yaml',
  arguments: [{ name: 'DIR', summary: 'fleet directory; default: the current one' }],
  options: [
    { name: '--upgrade', summary: 'take the newest releases that the ranges allow, whatever is pinned now' },
    { name: '--observed', value: 'FILE', summary: 'of what is not pinned, stay with what nodes of a snapshot run' },
    { name: '--check', summary: 'write nothing; exit 3 when the lock is not up to date' },
    outputOption,
  ],
  examples: [
    { line: 'themis lock', summary: 'pin what the Fleet asks for and what that needs' },
    { line: 'themis lock --upgrade', summary: 'move every pin to the newest release that fits' },
    { line: 'themis lock --check', summary: 'in CI: fail when somebody forgot to lock' },
  ],
  async run(session, input) {
    const directory = resolve(session.directory, input.argument('DIR') ?? '.');
    const { files, findings: unread } = await readDesiredDirectory(directory, openGit());
    // The present lock is what is being replaced, so whatever is wrong with it does not count: one that cannot be read
    // has no pins to stay with.
    const others = files.filter(({ path }) => path !== lockFileName);
    const { desired, findings } = parseDesired(others);
    if (desired === undefined || hasErrors(unread)) return refuse(session, [...unread, ...findings], files);
    const present = parseDesired(files).desired?.lock;
    const installed = await installedIn(session, input);
    const catalogue = await loadCatalogue(desired, directory, session);
    const options = input.flag('upgrade') ? {} : { pins: present?.packages ?? [], installed };
    let resolved = resolveLock(desired, catalogue, options);
    if (resolved.findings.some(({ code }) => code === 'THM1312')) {
      const placeOf = await openDependencyPlaces(desired.fleet.releases, directory);
      resolved = resolveLock(desired, catalogue, { ...options, placeOf });
    }
    if (hasErrors(resolved.findings)) return refuse(session, resolved.findings, files);
    report(session, resolved.findings, files);

    const text = formatLock(resolved.lock);
    const isCurrent = files.find(({ path }) => path === lockFileName)?.text === text;
    if (input.text('output') === 'json') session.out.write(`${JSON.stringify(resolved.lock, null, 2)}\n`);
    else session.out.write(changes(present, resolved.lock, isCurrent, askersOf(desired, resolved.lock, catalogue)));
    if (isCurrent) return exitCode.done;
    if (input.flag('check')) {
      session.err.write(`${lockFileName} is not up to date. Run "themis lock" and commit it.\n`);
      return exitCode.invalid;
    }
    await replaceFile(join(directory, lockFileName), text);
    return exitCode.done;
  },
};

/** Packages of every node that answered, in a snapshot of `themis observe`. */
async function installedIn(session: Session, input: Input): Promise<NonNullable<LockOptions['installed']>> {
  const file = input.text('observed');
  if (file === undefined) return [];
  const parsed = parseSnapshot(await readTextFile(resolve(session.directory, file)), file);
  if ('findings' in parsed) throw new ThemisError('USAGE', parsed.findings[0]!.summary);
  return parsed.snapshot.observed.nodes.flatMap((node) =>
    node.reachable
      ? Object.entries(node.packages).map(([name, one]) => ({
          ...one,
          package: name,
          platform: node.platform,
          architecture: node.architecture,
        }))
      : [],
  );
}

function refuse(session: Session, findings: readonly Finding[], files: readonly SourceFile[]): number {
  report(session, findings, files);
  return exitCode.invalid;
}

function report(session: Session, findings: readonly Finding[], files: readonly SourceFile[]): void {
  session.err.write(findingsText(sortedFindings(withFrames(findings, files)), paintFor(session.err)));
}

/** One line for each pin: `+` new, `~` another release, `-` dropped; pins that stay are not listed. */
function changes(
  before: Lock | undefined,
  after: Lock,
  isCurrent: boolean,
  askers: ReadonlyMap<string, string>,
): string {
  if (isCurrent) return `No changes. ${lockFileName} pins ${count(after.packages.length, 'release')}.\n`;
  const old = new Map((before?.packages ?? []).map((pin) => [key(pin), pin]));
  const lines: string[] = [];
  for (const pin of after.packages) {
    const was = old.get(key(pin));
    old.delete(key(pin));
    const asker = askers.get(pin.package);
    const why = asker === undefined ? '' : ` (${asker} needs it)`;
    if (was === undefined) lines.push(`+ ${key(pin)} ${pin.version}${why}`);
    else if (was.manifestHash !== pin.manifestHash) lines.push(`~ ${key(pin)} ${was.version} -> ${pin.version}`);
  }
  for (const [name, pin] of old) lines.push(`- ${name} ${pin.version}`);
  lines.push(`${lockFileName} pins ${count(after.packages.length, 'release')}.`);
  return `${lines.join('\n')}\n`;
}

/** By package that the Fleet does not list: the first pinned release that needs it. */
function askersOf({ fleet }: Pick<Desired, 'fleet'>, lock: Lock, { releases }: Catalogue): ReadonlyMap<string, string> {
  const pinned = new Set<string>(lock.packages.map((pin) => pin.manifestHash));
  const askers = new Map<string, string>();
  for (const { manifestHash, package: name, version, dependencies } of releases) {
    if (!pinned.has(manifestHash)) continue;
    for (const { package: other, optional } of dependencies) {
      if (optional || askers.has(other) || Object.hasOwn(fleet.packages, other)) continue;
      askers.set(other, `${name} ${version}`);
    }
  }
  return askers;
}

function key(pin: LockedPackage): string {
  return `${pin.package} ${pin.platform}/${pin.architecture}`;
}

/** Old or new, never half. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    const file = await open(draft, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new ThemisError('IO', `${path} cannot be written.`, { cause });
  }
}
