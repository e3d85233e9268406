/**
 * Verification of a release's signature: signer, intermediate, anchor; ECDSA on P-256 and RSA-2048. Cold is the first
 * one of a fresh process, code loaded, anchors file parsed in the measured time. Cached goes through the store on disk.
 * Beside them `openssl cms -verify` as a process, since nothing else of OpenSSL is within reach of a script.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openManifestStore } from '../../src/adapters/manifest-store/index.ts';
import { nodeSignatures } from '../../src/apps/agent/node-memory.ts';
import { verifyOnWorkers } from '../../src/apps/verification/verify-on-workers.ts';
import { openWorkers } from '../../src/apps/worker/open-workers.ts';
import { type Verify, verifyCached } from '../../src/release/store/verify-cached.ts';
import { verifyDetached, type VerifyInput } from '../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../src/trust/policy/anchors.ts';
import { integer, sequence } from '../support/der.ts';
import * as pki from '../support/pki.ts';
import { manifestBytes } from '../support/releases.ts';
import type { Bench, BenchCase, BenchRow } from './bench.ts';
import { rounded } from './bench.ts';

type Row = Omit<BenchRow, 'case'>;
type Kind = 'p256' | 'rsa2048';

const kinds: readonly Kind[] = ['p256', 'rsa2048'];
const many = 1000;
const files = { content: 'release.json', signature: 'release.json.p7s', anchors: 'anchors.json', root: 'root.pem' };

async function prepare(kind: Kind): Promise<void> {
  const [root, middle, leaf] = ['root', 'middle', 'leaf'].map((name) => pki.keyPair(name, kind)) as [
    pki.KeyPair,
    pki.KeyPair,
    pki.KeyPair,
  ];
  const anchor = pki.rootCertificate({ key: root });
  const intermediate = pki.certificate({
    subject: pki.name('Intermediate'),
    key: middle,
    issuerKey: root,
    serial: integer(2),
    extensions: pki.caExtensions(middle, root, 0),
  });
  const signer = pki.certificate({ issuer: pki.name('Intermediate'), key: leaf, issuerKey: middle });
  const content = manifestBytes();
  const id = sequence(pki.name('Intermediate'), integer(4711));
  const signature = pki.signedData(content, {
    certificates: [signer, intermediate],
    signers: [pki.signerInfo(content, { key: leaf, id })],
  });
  await writeFile(files.content, content);
  await writeFile(files.signature, signature);
  await writeFile(files.anchors, pki.anchorsFile([anchor]));
  await writeFile(files.root, pki.pem(anchor));
}

async function readInput(): Promise<VerifyInput> {
  const [content, signature, anchors] = await Promise.all(
    [files.content, files.signature, files.anchors].map((file) => readFile(file)),
  );
  return inputOf(content!, signature!, anchors!);
}

function inputOf(content: Uint8Array, signature: Uint8Array, anchors: Uint8Array): VerifyInput {
  const parsed = parseAnchors(anchors);
  if (!parsed.ok) throw new Error(parsed.message);
  const trust = { anchors: parsed.anchors, crls: [] };
  return { content, signature, trust, nowMs: pki.nowMs, profile: 'codeSigning' };
}

/** Nothing is measured that does not verify. */
function check({ ok }: { readonly ok: boolean }): void {
  if (!ok) throw new Error('the bench verifies the wrong thing');
}

async function elapsedMs(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function medianMs(count: number, work: () => void | Promise<void>): Promise<number> {
  const values: number[] = [];
  for (let turn = 0; turn < count; turn += 1) values.push(await elapsedMs(work));
  return median(values);
}

/** A process that only starts stands beside it, so that what is left is verification. */
async function openssl(): Promise<Pick<Row, 'peer' | 'peerValue'>> {
  const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', files.signature, '-content', files.content];
  const trust = ['-CAfile', files.root, '-purpose', 'any', '-attime', String(Math.floor(pki.nowMs / 1000))];
  const argv = [...verify, ...trust, '-out', '/dev/null'];
  const first = spawnSync('openssl', argv, { encoding: 'utf8' });
  if (first.error !== undefined) return { peer: 'openssl is not installed' };
  if (first.status !== 0) throw new Error(`openssl cms -verify: ${first.stderr}`);
  return {
    peer: 'openssl cms -verify, a process',
    peerValue: await medianMs(9, () => void spawnSync('openssl', argv)),
  };
}

function row(metric: string, value: number, unit: string, peer: Pick<Row, 'peer' | 'peerValue'> = {}): Row {
  const { peer: name, peerValue } = peer;
  return {
    metric,
    value: rounded(value),
    unit,
    ...(name === undefined ? {} : { peer: name }),
    ...(peerValue === undefined ? {} : { peerValue: rounded(peerValue), ratio: rounded(value / peerValue) }),
  };
}

function suffix(kind: Kind): string {
  return kind === 'p256' ? '' : ', RSA-2048';
}

function coldCase(kind: Kind): BenchCase {
  return {
    name: `verify cold${suffix(kind)}`,
    prepare: async () => await prepare(kind),
    async run() {
      const [content, signature, anchors] = await Promise.all(
        [files.content, files.signature, files.anchors].map((file) => readFile(file)),
      );
      const verify = (): void => check(verifyDetached(inputOf(content!, signature!, anchors!)));
      const coldMs = await elapsedMs(verify);
      for (let turn = 0; turn < 200; turn += 1) verify();
      const warmMs = await medianMs(200, verify);
      const peer = await openssl();
      return [row('ms', coldMs, 'ms', peer), row('ms, warm', warmMs, 'ms', peer)];
    },
  };
}

const cachedCase: BenchCase = {
  name: 'verify cached',
  prepare: async () => await prepare('p256'),
  async run() {
    const input = await readInput();
    mkdirSync('state', { recursive: true, mode: 0o700 });
    const file = join(process.cwd(), 'state', 'manifests.db');
    check(await verifyCached(nodeSignatures(file), input));

    const forbidden: Verify = async () => await Promise.reject(new Error('the cache was not asked'));
    const openedEachTime = async (): Promise<void> => check(await verifyCached(nodeSignatures(file), input, forbidden));
    const firstMs = await elapsedMs(openedEachTime);
    const openedMs = await medianMs(200, openedEachTime);
    const store = await openManifestStore({ kind: 'sqlite', file, isPrivate: true });
    const cachedMs = await medianMs(200, async () => check(await verifyCached(store.signatures, input, forbidden)));
    await store.close();
    return [
      row('ms', cachedMs, 'ms', await openssl()),
      row('ms, store opened', openedMs, 'ms'),
      row('ms, first', firstMs, 'ms'),
    ];
  },
};

async function perSecond(verify: Verify, inputs: readonly VerifyInput[]): Promise<number> {
  const ms = await elapsedMs(async () => {
    for (const answer of await Promise.all(inputs.map(async (input) => await verify(input)))) check(answer);
  });
  return (inputs.length / ms) * 1000;
}

function manyCase(kind: Kind): BenchCase {
  return {
    name: `${many} signatures${suffix(kind)}`,
    prepare: async () => await prepare(kind),
    async run() {
      const input = await readInput();
      const inputs = Array.from({ length: many }, () => input);
      await perSecond(verifyDetached, inputs);
      const oneThread = await perSecond(verifyDetached, inputs);
      const workers = openWorkers(2);
      const startMs = await elapsedMs(async () => check(await verifyOnWorkers(workers, 0)(input)));
      const cold = openWorkers(2);
      const asUsed = await perSecond(verifyOnWorkers(cold), inputs);
      await cold.close();
      await perSecond(verifyOnWorkers(workers, 0), inputs);
      const twoWorkers = await perSecond(verifyOnWorkers(workers, 0), inputs);
      await workers.close();
      const peer = { peer: 'one thread', peerValue: oneThread };
      return [
        row('one thread', oneThread, 'signatures/s'),
        row('two workers, from cold', asUsed, 'signatures/s', peer),
        row('two workers, warm', twoWorkers, 'signatures/s', peer),
        row('first answer of a worker', startMs, 'ms'),
      ];
    },
  };
}

export const trustBench: Bench = {
  name: 'trust',
  summary: 'verify a signature cold, warm and cached, and a thousand on two workers',
  cases: [...kinds.map(coldCase), cachedCase, ...kinds.map(manyCase)],
};
