import { didYouMean } from '../../kernel/did-you-mean.ts';
import type { FindingCode } from '../../kernel/finding.ts';
import { joinWords, type Path, type Problem } from '../problem.ts';
import type { Kind } from '../schema/schemas.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { fieldsAt, itemsAt, nameOf, namesOf, textAt, type Rule, type World } from './rule.ts';

interface Reference {
  readonly document: YamlDocument;
  readonly path: Path;
  /** `key`: the name is the key itself, as in `release: { themisdb: ... }`. */
  readonly part: 'key' | 'value';
  readonly name: string;
}

interface ReferenceKind {
  readonly code: FindingCode;
  readonly to: string;
  find(world: World): Iterable<Reference>;
  known(world: World): ReadonlySet<string>;
}

/** Names that point to other documents, nodes and packages point to something that exists. */
export const unknownReferences: Rule = {
  name: 'unknown-references',
  *check(world) {
    if (!world.complete) return;
    const unclear = new Set(world.unclear.map(nameOf));
    for (const kind of referenceKinds) {
      const known = kind.known(world);
      for (const reference of kind.find(world)) {
        if (!known.has(reference.name) && !unclear.has(reference.name)) yield unknown(kind, known, reference);
      }
    }
  },
};

function unknown(kind: ReferenceKind, known: ReadonlySet<string>, { document, path, part, name }: Reference): Problem {
  const near = didYouMean(name, known);
  let fix = `Did you mean ${near}?`;
  if (near === undefined && known.size === 0) fix = `There is no ${kind.to} at all; add one, or remove the name.`;
  if (near === undefined && known.size > 0) {
    const some = [...known].slice(0, 8);
    fix = `Known are ${joinWords(known.size > 8 ? [...some, `${known.size - 8} more`] : some)}.`;
  }
  return { code: kind.code, summary: `There is no ${kind.to} named "${name}".`, fix, at: { document, path, part } };
}

const documentsOf =
  (kind: Kind) =>
  (world: World): ReadonlySet<string> =>
    namesOf(world, kind);

const nodeNames = (world: World): ReadonlySet<string> =>
  new Set(
    world
      .documents('Fleet')
      .flatMap((fleet) => itemsAt(fleet.value, 'spec', 'nodes').flatMap((node) => textAt(node, 'name') ?? [])),
  );

const packageNames = (world: World): ReadonlySet<string> =>
  new Set(world.documents('Fleet').flatMap((fleet) => fieldsAt(fleet.value, 'spec', 'packages').map(([name]) => name)));

const referenceKinds: readonly ReferenceKind[] = [
  {
    code: 'THM1210',
    to: 'Rollout',
    find: (world) => single(world, 'Fleet', ['spec', 'rollout']),
    known: documentsOf('Rollout'),
  },
  {
    code: 'THM1211',
    to: 'Tenant',
    *find(world) {
      for (const fleet of world.documents('Fleet')) {
        for (const index of itemsAt(fleet.value, 'spec', 'nodes').keys()) {
          yield* listed(fleet, ['spec', 'nodes', index, 'tenants']);
        }
      }
      yield* single(world, 'Approval', ['spec', 'for', 'tenant']);
    },
    known: documentsOf('Tenant'),
  },
  {
    code: 'THM1212',
    to: 'Database',
    find: (world) => single(world, 'Migration', ['spec', 'database']),
    known: documentsOf('Database'),
  },
  {
    code: 'THM1213',
    to: 'Migration',
    *find(world) {
      for (const migration of world.documents('Migration')) yield* listed(migration, ['spec', 'dependsOn']);
    },
    known: documentsOf('Migration'),
  },
  {
    code: 'THM1214',
    to: 'node',
    *find(world) {
      for (const rollout of world.documents('Rollout')) {
        for (const index of itemsAt(rollout.value, 'spec', 'stages').keys()) {
          yield* listed(rollout, ['spec', 'stages', index, 'nodes']);
        }
      }
    },
    known: nodeNames,
  },
  {
    code: 'THM1215',
    to: 'package of the Fleet',
    *find(world) {
      for (const migration of world.documents('Migration')) {
        yield* keys(migration, ['spec', 'release']);
        for (const index of itemsAt(migration.value, 'spec', 'probes').keys()) {
          yield* keys(migration, ['spec', 'probes', index, 'release']);
        }
      }
      yield* single(world, 'UpdatePolicy', ['spec', 'package']);
    },
    known: packageNames,
  },
];

function* single(world: World, kind: Kind, path: Path): Generator<Reference> {
  for (const document of world.documents(kind)) {
    const name = textAt(document.value, ...path);
    if (name !== undefined) yield { document, path, part: 'value', name };
  }
}

function* listed(document: YamlDocument, path: Path): Generator<Reference> {
  for (const [index, name] of itemsAt(document.value, ...path).entries()) {
    if (typeof name === 'string') yield { document, path: [...path, index], part: 'value', name };
  }
}

function* keys(document: YamlDocument, path: Path): Generator<Reference> {
  for (const [name] of fieldsAt(document.value, ...path)) yield { document, path: [...path, name], part: 'key', name };
}
