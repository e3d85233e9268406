import { existsSync, readFileSync } from 'node:fs';
import { dirname, basename, relative, resolve } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { writeWholeFile } from '../../../release/write-file.ts';
import { parseAnchors } from '../../../trust/policy/anchors.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import type { Command, Input, Session } from '../command.ts';

export const releaseAnchorsCommand: Command = {
  name: 'release anchors',
  group: 'Releases',
  summary: 'write an anchors document: which authorities vouch for releases, and how many have to sign',
  arguments: [{ name: 'FILE', summary: 'the document to write', required: true }],
  options: [
    {
      name: '--authority',
      value: 'NAME=FILE',
      summary: 'name and certificate of an authority',
      repeatable: true,
      required: true,
    },
    { name: '--threshold', value: 'N', summary: 'distinct signers that a release needs', default: '1' },
    {
      name: '--rotation-threshold',
      value: 'N',
      summary: 'authorities under which the next document has to be signed (default: more than half)',
    },
    {
      name: '--document-version',
      value: 'N',
      summary: 'higher than that of the document it replaces',
      default: '1',
    },
  ],
  examples: [
    {
      line: 'themis release anchors anchors.json --authority one=keys/ca.certificate.pem --authority two=bob/ca.certificate.pem --threshold 2',
      summary: 'both have to sign every release',
    },
  ],
  async run(session, input) {
    const path = resolve(session.directory, input.argument('FILE')!);
    if (existsSync(path)) {
      throw new ThemisError('POLICY_REFUSED', `${path} exists; anchors documents are never overwritten.`, {
        hint: 'Name another file, or move the old one away.',
      });
    }
    const bytes = Buffer.from(`${JSON.stringify(documentOf(session, input), null, 2)}\n`);
    const parsed = parseAnchors(bytes);
    if (!parsed.ok) throw toTrustError(parsed);
    await writeWholeFile(createNodeFileSystem(), dirname(path), basename(path), bytes);
    const { anchors, version, threshold, rotationThreshold } = parsed.anchors;
    session.out.write(
      `Wrote ${relative(session.directory, path)}: version ${version}, ${anchors.length} authorities, ` +
        `${threshold} to sign a release, ${rotationThreshold} to replace it.\n`,
    );
    return exitCode.done;
  },
};

function documentOf(session: Session, input: Input): object {
  const rotationThreshold = input.integer('rotation-threshold', 1);
  return {
    formatVersion: '1.0',
    version: input.integer('document-version', 1),
    anchors: input.list('authority').map((text) => authorityOf(session, text)),
    threshold: input.integer('threshold', 1),
    ...(rotationThreshold === undefined ? {} : { rotationThreshold }),
  };
}

function authorityOf(session: Session, text: string): { name: string; certificate: string } {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new ThemisError('USAGE', `--authority takes NAME=FILE, not "${text}".`, {
      hint: 'Write it like one=keys/ca.certificate.pem.',
    });
  }
  const file = resolve(session.directory, text.slice(equals + 1));
  if (!existsSync(file)) throw new ThemisError('NOT_FOUND', `${file} does not exist.`);
  return { name: text.slice(0, equals), certificate: readFileSync(file, 'utf8') };
}
