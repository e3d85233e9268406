/** Nothing but `node init` and a signed rotation names a trust anchor: every way in is walked. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../../src/apps/cli/commands/index.ts';
import { nodeRequest } from '../../../src/wire/request.ts';
import { readShape } from '../../../src/kernel/document/shape.ts';

const schemas = fileURLToPath(new URL('../../../schemas', import.meta.url));
const suspicious = /anchor|certificate|trust|\bcas?\b|authorit|signer|insecure|verif|crl|revocation/iu;

/** Who signs a plan, and whose signature `apply` and `show` ask for; a node hears of neither. */
const ofPlans = new Set(['plan', 'sign-plan', 'show', 'apply']);

test('options that name anchors or certificates are those of the supply side, of plans, of init and of rotation', async () => {
  const loaded = await Promise.all(commands.map(async ({ load }) => await load()));
  const found = loaded.flatMap(({ name, options }) =>
    options.filter((option) => suspicious.test(option.name)).map((option) => `${name} ${option.name}`),
  );
  expect(loaded.length).toBeGreaterThan(35);
  const others = found.filter((each) => !each.startsWith('release ') && !ofPlans.has(each.split(' ')[0]!));
  expect(others).toEqual(['node init --anchors']);
  expect(found.filter((each) => /^(?:show|apply) /u.test(each))).toEqual([
    'show --anchors',
    'show --crls',
    'apply --anchors',
    'apply --crls',
  ]);
  const documents = loaded.find(({ name }) => name === 'node rotate-anchors')!.options;
  expect(documents.map(({ name }) => name)).toEqual(['--root', '--document']);
});

test('those that give a node its anchors, or a plan, have no variable', async () => {
  const loaded = await Promise.all(commands.map(async ({ load }) => await load()));
  for (const [command, option] of [
    ['node init', '--anchors'],
    ['node rotate-anchors', '--document'],
    ['apply', '--anchors'],
    ['apply', '--crls'],
  ] as const) {
    const { options } = loaded.find(({ name }) => name === command)!;
    expect(options.find(({ name }) => name === option)).toMatchObject({ variable: false });
  }
});

test('no kind of YAML has a field for anchors; the node names only a directory of its own machine', () => {
  const files = readdirSync(schemas).filter((file) => file.endsWith('.json'));
  expect(files.length).toBeGreaterThan(5);
  const found = files.flatMap((file) =>
    fieldsOf(JSON.parse(readFileSync(join(schemas, file), 'utf8')))
      .filter((field) => suspicious.test(field))
      .map((field) => `${file} ${field}`),
  );
  expect([...new Set(found)].sort()).toEqual(allowed);
});

/**
 * How the fleet proves itself to agents, how servers of releases prove to be themselves, and where a node keeps its trust;
 * none of them says who vouches for a release.
 */
const allowed = [
  'fleet.schema.json ca',
  'fleet.schema.json certificate',
  'node.schema.json ca',
  'node.schema.json trust',
];

function fieldsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const properties = 'properties' in value ? Object.keys(value.properties as object) : [];
  return [...properties, ...Object.values(value).flatMap(fieldsOf)];
}

test('a message that carries anchors is refused, whatever it asks for', () => {
  const authority = { store: 'store-1', token: 1 };
  const head = { wireVersion: '1.0', node: 'node-a' };
  const good: readonly object[] = [
    { ...head, kind: 'observe', full: false },
    { ...head, kind: 'stage', authority, releases: [] },
    { ...head, kind: 'recover', authority: null },
    { ...head, kind: 'adopt', store: 'store-2' },
    { ...head, kind: 'metrics' },
    { ...head, kind: 'prune', keepRestorePoints: 1, pinned: [] },
  ];
  for (const request of good) {
    expect(readShape(nodeRequest, request).ok).toBe(true);
    for (const name of ['anchors', 'trust', 'anchorsDigest', 'crls', 'document']) {
      expect(readShape(nodeRequest, { ...request, [name]: 'x' }).ok).toBe(false);
    }
  }
  for (const kind of ['rotate-anchors', 'init', 'trust']) {
    expect(readShape(nodeRequest, { ...head, kind, authority }).ok).toBe(false);
  }
});
