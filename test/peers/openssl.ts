import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pem } from '../support/pki.ts';
import type { Peer } from './verdict.ts';

const run = promisify(execFile);
const readingFailed = new Set([1, 2, 3]);

/** The command, with the purpose left open: code signing is none it knows before 3.2. */
export function openssl(): Peer {
  const [, version = ''] = execFileSync('openssl', ['version'], { encoding: 'utf8' }).split(' ');
  return {
    name: 'openssl cms',
    version,
    async judge({ content, signature, anchors, lists, nowMs }) {
      const directory = mkdtempSync(join(tmpdir(), 'themis-peer-'));
      const write = (name: string, bytes: Uint8Array | string): string => {
        const path = join(directory, name);
        writeFileSync(path, bytes);
        return path;
      };
      const texts = [...anchors.map(pem), ...lists.map((bytes) => pem(bytes).replaceAll('CERTIFICATE', 'X509 CRL'))];
      const from = ['-inform', 'DER', '-in', write('signature', signature), '-content', write('content', content)];
      const believed = ['-CAfile', write('anchors', texts.join('')), '-no-CApath', '-no-CAstore'];
      const revocation = lists.length === 0 ? [] : ['-crl_check_all', '-extended_crl', '-use_deltas'];
      const at = ['-attime', String(Math.floor(nowMs / 1000)), '-purpose', 'any', '-binary'];
      try {
        await run('openssl', [
          'cms',
          '-verify',
          ...from,
          ...believed,
          ...revocation,
          ...at,
          '-out',
          join(directory, 'out'),
        ]);
        return 'accepts';
      } catch (error) {
        return readingFailed.has((error as { code: number }).code) ? 'unread' : 'refuses';
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}
