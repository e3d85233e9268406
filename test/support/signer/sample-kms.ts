/**
 * A signer program as somebody outside Themis would write one, from docs/exec-signer.md alone: it shares no code with
 * Themis. `--fault` makes it go wrong in one of the ways such programs do.
 */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { appendFileSync, closeSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const option = (name: string): string => process.argv[process.argv.indexOf(`--${name}`) + 1] ?? '';
const key = createPrivateKey(readFileSync(option('key')));
const algorithm = option('algorithm');
const fault = process.argv.includes('--fault') ? option('fault') : '';
if (process.argv.includes('--calls')) appendFileSync(option('calls'), `${JSON.stringify(process.argv.slice(2))}\n`);

interface Request {
  signerVersion: string;
  id: number;
  kind: string;
  bytes: string;
  hash: string | null;
  digest: string | null;
}

const say = (answer: object): void => {
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => {
    if (fault !== 'close and stay') return;
    for (const stream of [1, 2]) closeSync(stream);
    setInterval(() => {}, 1000);
  });
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  const head = { signerVersion: '1.0', id: request.id };
  if (request.kind === 'describe') describe(head);
  else if (!misbehave(head)) say({ ...head, kind: 'signature', signature: make(request).toString('base64') });
}

function describe(head: object): void {
  process.stderr.write('sample-kms: \u001B[2Jready\nand waiting\n');
  const description = { kind: 'description', algorithm, certificates: readFileSync(option('certificate'), 'utf8') };
  if (fault === 'other version') say({ ...head, signerVersion: '2.0', ...description });
  else say({ ...head, ...description, note: 'fields that nobody knows are fine' });
}

/** True when it has done so instead of signing. */
function misbehave(head: { id: number }): boolean {
  switch (fault) {
    case 'hang':
      setInterval(() => {}, 1000);
      return true;
    case 'die':
      process.stderr.write('sample-kms: out of luck');
      process.exit(3);
    case 'die in the middle':
      process.stdout.write('{"signerVersion":"1.0","id":2,', () => process.exit(0));
      return true;
    case 'garbage':
      process.stdout.write('Signature: 00\n');
      return true;
    case 'endless':
      for (let block = 0; block < 64; block += 1) process.stdout.write('x'.repeat(16_384));
      return true;
    case 'other request':
      say({ ...head, id: head.id + 1, kind: 'signature', signature: 'AAAA' });
      return true;
    case 'other kind':
      say({ ...head, kind: 'description', algorithm, certificates: '' });
      return true;
    case 'refused':
      say({ ...head, kind: 'error', code: 'REFUSED', message: 'Two people have to approve.', hint: 'Ask them.' });
      return true;
    case 'unknown code':
      say({ ...head, kind: 'error', code: 'QUOTA', message: 'Too many signatures\u001B[2J today.' });
      return true;
    default:
      return false;
  }
}

/** From the digest where there is one, as a KMS does; Ed25519 and RSA in this library take the bytes. */
function make({ bytes, hash, digest }: Request): Buffer {
  const data = Buffer.from(bytes, 'base64');
  if (hash !== null && createHash(hash).update(data).digest('base64') !== digest) throw new Error('digest');
  const signature = sign(hash, data, algorithm.includes('pss') ? { key, padding: 6, saltLength: 32 } : key);
  if (fault === 'wrong signature') signature[signature.length - 1]! ^= 1;
  return signature;
}
