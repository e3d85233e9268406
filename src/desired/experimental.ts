/**
 * What a fleet directory asks for and nobody acts on yet. The marks stand in `schemas/`
 * (`x-themis-experimental`); here stands how each is recognised in Desired. A mark without a line here fails a test.
 */
import type { Finding, SourceSpan } from '../kernel/finding.ts';
import type { Desired, DesiredApproval } from '../model/desired.ts';
import { resolveSchema, schemaOf, type Kind, type Schema } from './schema/schemas.ts';

interface Mark {
  readonly kind: Kind;
  /** From the top of the kind's schema; `items` leads into a list. Empty: the kind itself. */
  readonly path: readonly string[];
  /** Addresses of what asks for it; empty when nothing does. */
  find(desired: Desired): readonly string[];
}

const names = (noun: string, list: readonly { readonly name: string }[]): readonly string[] =>
  list.map(({ name }) => `${noun}/${name}`);

const approvalsOf =
  (kind: DesiredApproval['subject']['kind']) =>
  ({ approvals }: Desired): readonly string[] =>
    names(
      'approval',
      approvals.filter(({ subject }) => subject.kind === kind),
    );

const when = (condition: boolean, address: string): readonly string[] => (condition ? [address] : []);

export const experimentalMarks: readonly Mark[] = [
  { kind: 'Verification', path: [], find: ({ verifications }) => names('verification', verifications) },
  { kind: 'Notification', path: [], find: ({ notifications }) => names('notification', notifications) },
  { kind: 'UpdatePolicy', path: [], find: ({ updatePolicies }) => names('update-policy', updatePolicies) },
  {
    kind: 'Fleet',
    path: ['spec', 'nodes', 'items', 'transport', 'ssh'],
    find: ({ fleet }) =>
      names(
        'node',
        fleet.nodes.filter(({ transport }) => transport.kind === 'ssh'),
      ),
  },
  {
    kind: 'Fleet',
    path: ['spec', 'nodes', 'items', 'transport', 'agent'],
    find: ({ fleet }) =>
      names(
        'node',
        fleet.nodes.filter(({ transport }) => transport.kind === 'agent'),
      ),
  },
  {
    kind: 'Fleet',
    path: ['spec', 'coordination', 'etcd'],
    find: ({ fleet }) => when(fleet.coordination.kind === 'etcd', 'coordination'),
  },
  { kind: 'Approval', path: ['spec', 'for', 'step'], find: approvalsOf('step') },
];

/** One warning for each experimental kind or field that is present, however often. */
export function experimentalFindings(desired: Desired): readonly Finding[] {
  return experimentalMarks.flatMap((mark) => {
    const addresses = mark.find(desired);
    const [first] = addresses;
    return first === undefined ? [] : [toFinding(mark, addresses, desired.sources.get(first))];
  });
}

function toFinding(mark: Mark, addresses: readonly string[], source: SourceSpan | undefined): Finding {
  const { 'x-themis-note': note = '' } = markedSchema(mark);
  const field = [mark.kind, ...mark.path.filter((part) => part !== 'items')].join('.');
  const more = addresses.length > 1 ? ` and ${addresses.length - 1} more` : '';
  return {
    severity: 'warning',
    code: 'THM1901',
    summary: `${field} is not acted on yet (${addresses[0]!}${more}). ${note}`,
    fix: 'Do not rely on it; keep it for later, or remove it.',
    ...(source === undefined ? {} : { source }),
  };
}

export function markedSchema({ kind, path }: Pick<Mark, 'kind' | 'path'>): Schema {
  const root = schemaOf(kind);
  let schema = root;
  for (const part of path) {
    const next = part === 'items' ? schema.items : schema.properties?.[part];
    if (next === undefined) throw new TypeError(`${kind}.${path.join('.')} is not in the schema.`);
    schema = resolveSchema(root, next);
  }
  return schema;
}
