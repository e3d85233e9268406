/**
 * Attacks on updates, on a real fleet with real processes, each with everything the attacker is granted: the source, or
 * even the signing key. Each ends with exit 4, a named refusal, the trees of all nodes as they were, and a line in the
 * audit trail where a node said no. In the end the honest release goes through.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { revoking } from '../support/revoking.ts';
import { eventually } from '../support/eventually.ts';
import { LiveFleet, signer } from '../support/live/live-fleet.ts';

let fleet: LiveFleet;
/** Nodes keep the highest they saw, so every index of this file is newer than all before. */
let counter = 100;

beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 2 });
  await index();
  await fleet.askFor('1.5.0');
}, 600_000);
afterAll(() => fleet.remove());

const release = 'releases/themisdb-1.5.0';

async function index(...more: string[]): Promise<void> {
  counter += 1;
  await fleet.line('release', 'index', 'releases', ...signer, '--counter', String(counter), ...more);
}

/** A release made with the right key, as whoever stole it would make it. */
async function addRelease(version: string, ...more: string[]): Promise<void> {
  const path = `releases/themisdb-${version}`;
  cpSync(fleet.file(release), fleet.file(path), { recursive: true });
  for (const name of ['release.json', 'release.json.p7s']) rmSync(fleet.file(`${path}/${name}`));
  fleet.write(`${path}/share/version.json`, `${JSON.stringify({ version })}\n`);
  await fleet.line('release', 'build', path, '--package', 'themisdb', '--version', version, ...more);
  await fleet.line('release', 'sign', path, ...signer);
}

async function editIndex(change: (text: string) => string): Promise<void> {
  fleet.edit('releases/index.json', change);
  await fleet.signAnything('releases/index.json');
}

/** The audit trails of all nodes. */
function audits(): string {
  return fleet.nodes
    .map(({ name }) => fleet.inNode(name, 'state/audit.jsonl'))
    .map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''))
    .join('');
}

function linesWith(kind: string | undefined): number {
  return audits().split(`"kind":"${kind}"`).length - 1;
}

interface Attack {
  /** In what `apply` says. */
  readonly code: string;
  /** What a node notes; absent where the plan already stops it. */
  readonly noted?: string;
  readonly begin: () => void | Promise<void>;
  readonly end?: () => void;
}

const kept = 'releases.kept';

async function refuse({ code, noted, begin, end }: Attack): Promise<void> {
  cpSync(fleet.file('releases'), fleet.file(kept), { recursive: true });
  const before = await fleet.installs();
  const heard = audits().length;
  const notedBefore = linesWith(noted);
  try {
    await begin();
    const ran = await fleet.themis('apply', '--auto-approve', '-o', 'jsonl');
    expect(ran.code, ran.err + ran.out).toBe(4);
    expect(ran.err + ran.out).toContain(code);
    // Staging ahead goes on for itself; it must not meet the release that is put back.
    await eventually(
      async () => fleet.operations(),
      (left) => left.length === 0,
    );
    expect(await fleet.installs()).toEqual(before);
    if (noted === undefined) expect(audits().length).toBe(heard);
    else expect(linesWith(noted)).toBeGreaterThan(notedBefore);
  } finally {
    end?.();
    rmSync(fleet.file('releases'), { recursive: true });
    renameSync(fleet.file(kept), fleet.file('releases'));
    await index();
    await fleet.askFor('1.5.0');
  }
  expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));
}

const anchorsOf = (name: string): string => fleet.inNode(name, 'trust/anchors.json');
const originals = new Map<string, string>();

function onEveryNode(path: string, change: (text: string, name: string) => string): void {
  for (const { name } of fleet.nodes) {
    const file = fleet.inNode(name, path);
    const text = readFileSync(file, 'utf8');
    originals.set(file, text);
    chmodSync(file, 0o644);
    writeFileSync(file, change(text, name));
  }
}

function putBack(): void {
  for (const [file, text] of originals) writeFileSync(file, text);
  originals.clear();
  for (const { name } of fleet.nodes) chmodSync(anchorsOf(name), 0o444);
}

const attacks: Readonly<Record<string, Attack>> = {
  'arbitrary installation: everything is signed, by a stranger': {
    code: 'PATH_NO_ANCHOR',
    noted: 'release-refused',
    async begin() {
      await fleet.line('release', 'keygen', 'stranger', '--name', 'Stranger');
      const stranger = ['--key', 'stranger/signer.key.pem', '--certificate', 'stranger/signer.certificate.pem'];
      await fleet.line('release', 'sign', release, ...stranger);
      await fleet.line('release', 'index', 'releases', ...stranger, '--counter', '1000', '--trust-index');
    },
    end: () => rmSync(fleet.file('stranger'), { recursive: true }),
  },
  'arbitrary installation: a source that signed no index': {
    code: 'INDEX_UNSIGNED',
    noted: 'index-refused',
    begin: () => rmSync(fleet.file('releases/index.json.p7s')),
  },
  'rollback: a release with a counter that was passed': {
    code: 'COUNTER_ROLLED_BACK',
    noted: 'counter-refused',
    async begin() {
      await addRelease('1.4.5', '--counter', '0');
      await index('--yank', 'themisdb@1.4.5');
      await editIndex((text) => text.replace(/,\s*"yanked": true/u, ''));
      await fleet.askFor('1.4.5');
    },
  },
  'rollback: an index that was signed once and replaced since': {
    code: 'INDEX_ROLLED_BACK',
    noted: 'index-refused',
    begin: () => editIndex((text) => text.replace(/"counter": \d+/u, '"counter": 1')),
  },
  'freeze: an index that was to be renewed': {
    code: 'INDEX_STALE',
    noted: 'index-refused',
    begin: () => editIndex((text) => text.replaceAll(/"(generatedAt|expiresAt)": "\d+/gu, '"$1": "2020')),
  },
  'fast-forward: a counter that would make every later release look old': {
    code: 'COUNTER_JUMP',
    noted: 'counter-refused',
    async begin() {
      await addRelease('1.5.1', '--counter', '9007199254740991');
      await index();
      await fleet.askFor('1.5.1');
    },
  },
  'mix-and-match: another signed release under the name that the index gives': {
    code: 'MANIFEST_HASH_MISMATCH',
    async begin() {
      await addRelease('1.5.1', '--counter', '3');
      rmSync(fleet.file(release), { recursive: true });
      renameSync(fleet.file('releases/themisdb-1.5.1'), fleet.file(release));
    },
  },
  'mix-and-match: an index put together from signed parts': {
    code: 'CMS_MESSAGE_DIGEST_MISMATCH',
    noted: 'release-refused',
    async begin() {
      await addRelease('1.5.1', '--counter', '3');
      const signature = readFileSync(fleet.file('releases/index.json.p7s'));
      await index();
      writeFileSync(fleet.file('releases/index.json.p7s'), signature);
      await fleet.askFor('1.5.1');
    },
  },
  'wrong product: a release of another product of the same publisher': {
    code: 'RELEASE_PRODUCT',
    noted: 'release-refused',
    async begin() {
      await addRelease('1.5.1', '--counter', '3', '--product', 'another');
      for (const version of ['1.4.0', '1.5.0']) rmSync(fleet.file(`releases/themisdb-${version}`), { recursive: true });
      await index();
      await fleet.askFor('1.5.1');
    },
  },
  'extraneous file: one that the manifest does not list': {
    code: 'RELEASE_FILE_UNLISTED',
    noted: 'release-refused',
    begin: () => fleet.write(`${release}/lib/more.ts`, 'export {};\n'),
  },
  'endless data: a file of a tebibyte where the manifest says some bytes': {
    code: 'FILE_HASH_MISMATCH',
    noted: 'release-refused',
    begin: () => truncateSync(fleet.file(`${release}/share/version.json`), 2 ** 40),
  },
  'anchor swapped on disk: a stranger believes himself': {
    code: 'ANCHORS_CHANGED',
    noted: 'anchors-refused',
    async begin() {
      await fleet.line('release', 'keygen', 'stranger', '--name', 'Stranger');
      const anchors = readFileSync(fleet.file('stranger/anchors.json'), 'utf8');
      onEveryNode('trust/anchors.json', () => anchors);
      const status = await fleet.themis('status');
      expect(status.out).toContain('ANCHORS_CHANGED');
      expect(status.out).toContain('accept nothing: node-a, node-b');
      const seen = await fleet.themis('node', 'observe', '--root', 'nodes/node-a');
      expect(seen.out).toMatch(/refusing .*ANCHORS_CHANGED/u);
      expect(seen.out).toContain('rotate-anchors');
    },
    end() {
      putBack();
      rmSync(fleet.file('stranger'), { recursive: true });
    },
  },
  'anchors that others may write': {
    code: 'ANCHORS_WRITABLE',
    noted: 'anchors-refused',
    begin() {
      for (const { name } of fleet.nodes) chmodSync(anchorsOf(name), 0o666);
    },
    end: putBack,
  },
  'verify/use race: prepared files change after they were verified, before they are switched': {
    code: 'FILE_HASH_MISMATCH',
    noted: 'release-refused',
    begin() {
      // What drains the node is the attacker: it comes after the last look and before the renames.
      onEveryNode('node.yaml', (text, name) => {
        const prepared = `${fleet.inNode(name, 'install/.themis')}/*/*`;
        const script = `for f in ${prepared}; do chmod u+w $f; echo x >> $f; done`;
        return text.replace(/^( *drain:).*$/mu, (_, head: string) => `${head} { command: [/bin/sh, -c, "${script}"] }`);
      });
    },
    end: putBack,
  },
};

test.for(Object.entries(attacks))('%s', { timeout: 300_000 }, async ([, attack]) => refuse(attack));

test('the honest release goes through afterwards', { timeout: 300_000 }, async () => {
  const ran = await fleet.themis('apply', '--auto-approve');
  expect(ran.code, ran.err + ran.out).toBe(0);
  expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
});

test(
  'stolen and revoked signer: the list comes with an index that the thief did not make',
  { timeout: 300_000 },
  async () => {
    await addRelease('1.5.1', '--counter', '3');
    const before = await fleet.installs();
    mkdirSync(fleet.file('releases/crls'));
    writeFileSync(
      fleet.file('releases/crls/ca.crl'),
      await revoking(fleet.file('keys'), 'signer.certificate.pem', Date.now()),
    );
    await index();
    await fleet.askFor('1.5.1');
    for (const place of ['release', 'index.json']) {
      const ran = await fleet.themis('apply', '--auto-approve', '-o', 'jsonl');
      expect(ran.code, ran.err + ran.out).toBe(4);
      // First the release; from then on not even an index of that signer is believed.
      expect(ran.err + ran.out, place).toContain('CERT_REVOKED');
      await eventually(
        async () => fleet.operations(),
        (left) => left.length === 0,
      );
    }
    expect(await fleet.installs()).toEqual(before);
    expect(linesWith('crl-taken')).toBeGreaterThan(0);
  },
);
