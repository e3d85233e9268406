/**
 * Saved plans are signed as releases are: detached, in `FILE.p7s`, by the same signers. Whoever names anchors has a plan
 * refused that nobody they vouch for signed, before a word of it is read as a plan. What is verified is what is read: the
 * bytes are taken once.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { releaseLimits } from '../../../model/release-format/layout.ts';
import type { Signer } from '../../../ports/signer.ts';
import { signDetached } from '../../../release/sign-detached.ts';
import { writeWholeFile } from '../../../release/write-file.ts';
import { type Verified, verifyDetached } from '../../../trust/cms/verify-detached.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import type { Input, Option, Session } from '../command.ts';
import { crlsOption, listsOf, trustOf } from './release-input.ts';

/** Never from a variable: THEMIS_ANCHORS may be set for releases, and a plan nobody signed is no error without the option. */
export const planTrustOptions: readonly Option[] = [
  {
    name: '--anchors',
    value: 'FILE',
    summary: 'anchors.json: refuse a saved plan unless FILE.p7s is a signature of somebody it vouches for',
    variable: false,
  },
  { ...crlsOption, variable: false },
];

export interface SavedPlan {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** null where no anchors were named. */
  readonly signature: Verified | null;
}

/** Throws UNSIGNED, SIGNATURE_INVALID, SIGNER_UNTRUSTED and what else a signature is refused for. */
export async function readSavedPlan(session: Session, input: Input, file: string): Promise<SavedPlan> {
  const path = resolve(session.directory, file);
  const bytes = await read(path);
  if (bytes === null) throw new ThemisError('NOT_FOUND', `${path} cannot be read.`);
  const signature = input.text('anchors') === undefined ? null : await verify(session, input, file, bytes);
  return { bytes, text: new TextDecoder().decode(bytes), signature };
}

export function describeSigners({ signer, cosigners }: Verified): string {
  return `Signed by ${[signer, ...cosigners].map(({ subject, anchor }) => `${subject} (${anchor})`).join(' and ')}.`;
}

/** Signed first, then written: plan and signature, in this order, with no older signature beside the plan. */
export async function writeSavedPlan(
  path: string,
  text: string,
  signer: Signer | undefined,
  nowMs: number,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  const signature = signer === undefined ? null : await signDetached(bytes, signer, nowMs);
  try {
    await rm(`${path}.p7s`, { force: true });
    await writeFile(path, bytes);
  } catch (cause) {
    throw new ThemisError('IO', `${path} cannot be written.`, { cause });
  }
  if (signature === null) return;
  await writeWholeFile(createNodeFileSystem(), dirname(path), `${basename(path)}.p7s`, signature);
}

async function verify(session: Session, input: Input, file: string, content: Uint8Array): Promise<Verified> {
  const files = createNodeFileSystem();
  const { anchors } = await trustOf(session, input, files);
  const trust = { anchors, crls: await listsOf(session, input, files) };
  const signature = await read(resolve(session.directory, `${file}.p7s`));
  if (signature === null) {
    throw new ThemisError('UNSIGNED', `${file} carries no signature: there is no ${file}.p7s.`, {
      hint: `Have it signed: themis sign-plan ${file} --key FILE --certificate FILE`,
    });
  }
  if (signature.length > releaseLimits.signatureBytes)
    throw new ThemisError('SIGNATURE_MALFORMED', `${file}.p7s is too large for a signature.`);
  const nowMs = session.clock.nowMs();
  const verified = verifyDetached({ content, signature, trust, nowMs, profile: 'codeSigning' });
  if (!verified.ok) throw toTrustError(verified, file);
  return verified;
}

async function read(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ThemisError('IO', `${path} cannot be read.`, { cause });
  }
}
