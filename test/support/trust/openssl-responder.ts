/** A timestamp authority as the world runs them: `openssl ts -reply` behind HTTP on the loopback. It knows only the real time. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as pki from '../pki.ts';

const run = promisify(execFile);

const config = `
[ts]
default_tsa = tsa
[tsa]
serial = ./serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.2
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

export interface Responder {
  readonly url: string;
  close(): Promise<void>;
}

/** `chain`: further certificates it puts into its answers. */
export async function startResponder(
  certificate: Uint8Array,
  key: pki.KeyPair,
  chain: readonly Uint8Array[] = [],
): Promise<Responder> {
  const directory = await mkdtemp(join(tmpdir(), 'themis-time-'));
  const keyText = key.privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeFile(join(directory, 'key.pem'), keyText, { mode: 0o600 });
  await writeFile(join(directory, 'certificate.pem'), pki.pem(certificate));
  await writeFile(join(directory, 'chain.pem'), chain.map((bytes) => pki.pem(bytes)).join(''));
  await writeFile(join(directory, 'ts.conf'), config);
  const server = createServer((request, response) => {
    answer(directory, request, chain.length > 0).then(
      (bytes) => response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(bytes),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answer(directory: string, request: IncomingMessage, hasChain: boolean): Promise<Uint8Array> {
  if (request.headers['content-type'] !== 'application/timestamp-query') throw new Error('not a query');
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  await writeFile(join(directory, 'query.tsq'), Buffer.concat(chunks));
  const files = ['-queryfile', 'query.tsq', '-signer', 'certificate.pem', '-inkey', 'key.pem', '-out', 'answer.tsr'];
  const more = hasChain ? ['-chain', 'chain.pem'] : [];
  await run('openssl', ['ts', '-reply', '-config', 'ts.conf', '-section', 'tsa', ...files, ...more], {
    cwd: directory,
  });
  return readFile(join(directory, 'answer.tsr'));
}
