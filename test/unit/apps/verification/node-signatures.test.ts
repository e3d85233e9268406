import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeSignatures } from '../../../../src/apps/agent/node-memory.ts';
import { verifyCached } from '../../../../src/release/store/verify-cached.ts';
import { type VerifyInput, verifyDetached } from '../../../../src/trust/cms/verify-detached.ts';
import * as pki from '../../../support/pki.ts';
import { testTrust } from '../../../support/releases.ts';

const content = Buffer.from('content');
const input: VerifyInput = {
  content,
  signature: pki.signedData(content),
  trust: testTrust(),
  nowMs: pki.nowMs,
  profile: 'codeSigning',
};

describe('the memory of signatures of a node', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'themis-cache-'));
    file = join(directory, 'manifests.db');
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  /** Whether it was really verified. */
  async function isVerified(): Promise<boolean> {
    let isVerified = false;
    const answer = await verifyCached(nodeSignatures(file), input, (question) => {
      isVerified = true;
      return verifyDetached(question);
    });
    expect(answer).toEqual(verifyDetached(input));
    return isVerified;
  }

  test('lasts beyond the process', async () => {
    expect([await isVerified(), await isVerified()]).toEqual([true, false]);
  });

  test('is thrown away when its file is damaged', async () => {
    await isVerified();
    await writeFile(file, Buffer.alloc(8192, 'not a database'));
    expect([await isVerified(), await isVerified()]).toEqual([true, false]);
    expect((await readFile(file)).subarray(0, 6).toString()).toBe('SQLite');
  });

  test.each([
    ['is no JSON', '{'],
    ['is no object', '7'],
    ['is empty', '{}'],
    ['lacks its signer', `{"signer":null,"chain":[],"anchor":"a","cosigners":[]}`],
  ])('an entry that %s is no answer', async (_, verdict) => {
    await isVerified();
    const db = new DatabaseSync(file);
    db.prepare('UPDATE signature_cache SET verdict = ?').run(verdict);
    db.close();
    expect([await isVerified(), await isVerified()]).toEqual([true, false]);
  });

  test('an entry moved to another time is no answer', async () => {
    await isVerified();
    const db = new DatabaseSync(file);
    db.exec('UPDATE signature_cache SET valid_until_ms = valid_until_ms + 1000');
    db.close();
    expect(await isVerified()).toBe(true);
  });

  test('is not believed where others can write', async () => {
    await isVerified();
    await chmod(directory, 0o777);
    expect(await isVerified()).toBe(true);
    await chmod(directory, 0o700);
    expect(await isVerified()).toBe(false);
    await chmod(file, 0o666);
    expect(await isVerified()).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o666);
  });

  test('is not made where there is no directory for it', async () => {
    file = join(directory, 'missing', 'manifests.db');
    expect([await isVerified(), await isVerified()]).toEqual([true, true]);
    expect(await readdir(directory)).toEqual([]);
  });
});
