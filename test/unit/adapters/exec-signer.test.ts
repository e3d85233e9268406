import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSigner } from '../../../src/adapters/signer/index.ts';
import type { Signer } from '../../../src/ports/signer.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { eventually } from '../../support/eventually.ts';
import { processesBelow } from '../../support/live/live-process.ts';
import { nowMs } from '../../support/pki.ts';
import { issueFiles, type IssuedFiles, trustIn } from '../../support/signer/issued-files.ts';

const script = fileURLToPath(new URL('../../support/signer/sample-kms.ts', import.meta.url));
const content = Buffer.from('x');

let files: IssuedFiles;
let log: string[];
beforeAll(async () => {
  files = await issueFiles('ecdsa-p256');
});
afterAll(async () => {
  await files.remove();
});
beforeEach(() => {
  log = [];
});

interface Options {
  readonly fault?: string;
  readonly algorithm?: string;
  readonly timeoutMs?: number;
  readonly command?: readonly string[];
}

function open(options: Options): Promise<Signer> {
  const { fault, algorithm = 'ecdsa-p256-sha256', command } = options;
  const line = [process.execPath, script, '--key', files.key, '--certificate', files.certificate];
  line.push('--algorithm', algorithm, '--calls', join(files.directory, 'calls'));
  if (fault !== undefined) line.push('--fault', fault);
  return openSigner({
    kind: 'exec',
    command: command ?? line,
    directory: files.directory,
    environment: { PATH: process.env['PATH'] },
    get timeoutMs() {
      return options.timeoutMs ?? 30_000;
    },
    onLog: (text) => log.push(text),
  });
}

const signWith = async (options: Options): Promise<Uint8Array> => signDetached(content, await open(options), nowMs);

describe('a signer that is a program', () => {
  it('signs what nodes believe, is started once a request, and its stderr is the log without control characters', async () => {
    const signature = await signWith({});
    const verified = verifyDetached({ content, signature, trust: trustIn(files), nowMs, profile: 'codeSigning' });
    expect(verified).toMatchObject({ ok: true });
    expect(readFileSync(join(files.directory, 'calls'), 'utf8').trim().split('\n')).toHaveLength(2);
    await eventually(
      async () => log.length,
      (count) => count === 2,
    );
    expect(log).toEqual(['sample-kms:  [2Jready', 'and waiting']);
  });

  it.each([
    ['die', 'SIGNER_FAILED', undefined],
    ['die in the middle', 'SIGNER_FAILED', undefined],
    ['garbage', 'SIGNER_FAILED', undefined],
    ['endless', 'SIGNER_FAILED', undefined],
    ['other request', 'SIGNER_FAILED', undefined],
    ['other kind', 'SIGNER_FAILED', undefined],
    ['other version', 'SIGNER_FAILED', undefined],
    ['wrong signature', 'POLICY_REFUSED', undefined],
    ['refused', 'POLICY_REFUSED', 'SIGNER_REFUSED'],
    ['unknown code', 'SIGNER_FAILED', 'SIGNER_QUOTA'],
  ])('that goes wrong with %s is %s', async (fault, code, reason) => {
    const error: unknown = await signWith({ fault }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, reason, hint: fault === 'unknown code' ? undefined : expect.any(String) });
    expect((error as Error).message).not.toMatch(/\p{Cc}/u);
    if (fault === 'die') expect(log).toContain('sample-kms: out of luck');
  });

  it('that hangs is ended with everything it started', async () => {
    // The patience for describe is long, because the machine may be busy; for sign it need not be.
    let patienceMs = 30_000;
    const options: Options = {
      fault: 'hang',
      get timeoutMs() {
        return patienceMs;
      },
    };
    const signer = await open(options);
    patienceMs = 500;
    await expect(signer.sign(content)).rejects.toMatchObject({ code: 'TIMEOUT', hint: expect.any(String) });
    const left = await eventually(
      async () => processesBelow(files.directory, 'sample-kms'),
      (pids) => pids.length === 0,
    );
    expect(left).toEqual([]);
  });

  it('that claims an algorithm its certificate cannot have is refused before it signs', async () => {
    await expect(open({ algorithm: 'rsa-sha256' })).rejects.toMatchObject({ code: 'POLICY_REFUSED' });
    await expect(open({ algorithm: 'md5' })).rejects.toMatchObject({ code: 'SIGNER_FAILED' });
  });

  it.each([
    ['is not there', ['./no-such-program'], 'NOT_FOUND'],
    ['may not be run', ['./signer.key'], 'SIGNER_FAILED'],
  ])('that %s is named', async (_, command, code) => {
    await expect(open({ command })).rejects.toMatchObject({ code, hint: expect.any(String) });
  });
});
