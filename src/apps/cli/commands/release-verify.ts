import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { exitCodeOf, ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { architectures, platforms } from '../../../model/release-format/shapes.ts';
import type { Architecture, Platform } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { type Audit, type AuditCheck, auditRelease } from '../../../release/audit-release.ts';
import { auditDelta } from '../../../release/delta/audit-delta.ts';
import { scanDeltas } from '../../../release/delta/scan-deltas.ts';
import { auditIndex } from '../../../release/index/audit-index.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import type { ReleaseExpectation } from '../../../trust/policy/check-release.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { errorCodeOfRefusal } from '../../../trust/refusal.ts';
import type { Command, Input, Session } from '../command.ts';
import { crlsOption, directoryOf, listsOf, trustOf } from '../reading/release-input.ts';
import { outputOption } from '../output-option.ts';
import { openVerification } from '../../verification/open-verification.ts';

export const releaseVerifyCommand: Command = {
  name: 'release verify',
  group: 'Releases',
  summary:
    'verify signature, manifest and every file of a release, or of a directory of releases with index and deltas',
  arguments: [{ name: 'DIR', summary: 'a release, or a directory of releases', required: true }],
  options: [
    { name: '--anchors', value: 'FILE', summary: 'anchors.json: whom to believe', required: true },
    crlsOption,
    { name: '--package', value: 'NAME', summary: 'has to be of this package' },
    { name: '--version', value: 'VERSION', summary: 'has to be this version' },
    { name: '--platform', value: 'PLATFORM', summary: 'has to fit this platform', choices: platforms },
    { name: '--architecture', value: 'ARCHITECTURE', summary: 'has to fit this architecture', choices: architectures },
    outputOption,
  ],
  examples: [
    { line: 'themis release verify releases/themisdb-1.5.0 --anchors keys/anchors.json', summary: 'one release' },
    {
      line: 'themis release verify releases --anchors keys/anchors.json -o json',
      summary: 'all of them and the index',
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const fileSystem = createNodeFileSystem();
    const { anchors } = await trustOf(session, input, fileSystem);
    const trust = { anchors, crls: await listsOf(session, input, fileSystem) };
    const reports = await verifyAll(session, input, fileSystem, directory, trust);
    if (reports.length === 0) {
      throw new ThemisError('NOT_FOUND', `${directory} holds neither a release nor an index.`, {
        hint: 'Name a directory with a release.json.',
      });
    }
    if (input.text('output') === 'json')
      session.out.write(`${JSON.stringify({ ok: reports.every(({ ok }) => ok), releases: reports }, null, 2)}\n`);
    else
      session.out.write(
        reports
          .map((report) => formatReport(report, relative(session.directory, directory) || '.', session.out.color))
          .join('\n'),
      );
    const firstFailure = reports.flatMap(({ checks }) => checks).find((check) => !check.ok);
    return firstFailure === undefined || firstFailure.ok
      ? exitCode.done
      : exitCodeOf(errorCodeOfRefusal(firstFailure.code));
  },
};

/** So that signatures reach several workers, and few files are open. */
const auditsAtOnce = 8;

interface Report {
  /** Relative to the directory asked about: of the release or the delta, or the name of the index. */
  readonly path: string;
  readonly title: string;
  readonly ok: boolean;
  readonly checks: readonly AuditCheck[];
}

async function verifyAll(
  session: Session,
  input: Input,
  fileSystem: FileSystem,
  directory: string,
  trust: TrustStore,
): Promise<Report[]> {
  const nowMs = session.clock.nowMs();
  const source = openDirectorySource(directory);
  const expected = expectationOf(input);
  const found = await scanReleases(fileSystem, directory);
  const reports: Report[] = [];
  const deltas = await scanDeltas(fileSystem, directory);
  // In a release an index.json is a file of the payload.
  const isRelease = found.some(({ directory: path }) => path === '');
  const index = isRelease ? null : await auditIndex(source, found, deltas, trust, nowMs);
  if (index !== null)
    reports.push({
      path: releaseNames.index,
      title: 'index',
      ok: index.checks.every(({ ok }) => ok),
      checks: index.checks,
    });
  const verification = openVerification();
  try {
    const { verify } = verification;
    for (let at = 0; at < found.length; at += auditsAtOnce) {
      const audits = found
        .slice(at, at + auditsAtOnce)
        .map(async ({ directory: path }) =>
          reportOf(path, await auditRelease({ source, path, trust: index?.trust ?? trust, expected, nowMs, verify })),
        );
      reports.push(...(await Promise.all(audits)));
    }
    for (const delta of deltas) {
      const checks = await auditDelta(delta, { source, releases: found, trust, nowMs, verify });
      reports.push({ path: delta.directory, title: 'delta', ok: checks.every(({ ok }) => ok), checks });
    }
  } finally {
    await verification.close();
  }
  return reports;
}

function expectationOf(input: Input): ReleaseExpectation {
  const text = (name: 'package' | 'version' | 'platform' | 'architecture') => input.text(name);
  return {
    ...(text('package') === undefined ? {} : { package: text('package')! }),
    ...(text('version') === undefined ? {} : { version: text('version')! }),
    ...(text('platform') === undefined ? {} : { platform: text('platform') as Platform }),
    ...(text('architecture') === undefined ? {} : { architecture: text('architecture') as Architecture }),
  };
}

function reportOf(path: string, { manifest, checks, ok }: Audit): Report {
  const title =
    manifest === null
      ? 'release'
      : `${manifest.package} ${manifest.version} (${manifest.platform}/${manifest.architecture})`;
  return { path: path === '' ? '.' : path, title, ok, checks };
}

function formatReport(report: Report, directory: string, color: boolean): string {
  const mark = (ok: boolean): string => {
    const text = ok ? 'ok  ' : 'FAIL';
    return color ? styleText(ok ? 'green' : 'red', text, { validateStream: false }) : text;
  };
  const lines = report.checks.map(
    (check) => `  ${mark(check.ok)}  ${check.name.padEnd(10)}  ${check.detail}${check.ok ? '' : ` (${check.code})`}`,
  );
  return [
    `${report.title} in ${join(directory, report.path)}`,
    ...lines,
    report.ok ? 'Verified.' : 'Refused.',
    '',
  ].join('\n');
}
