/** Where revocation is published: distribution points of certificates and the scope a list gives itself (RFC 5280 4.2.1.13, 5.2.5). */
import { refuse } from '../../refusal.ts';
import { fieldsOf, membersOf, unwrap } from '../../der/fields.ts';
import type { DerElement } from '../../der/read-der.ts';
import { tags } from '../../der/tags.ts';
import { readBoolean, readNamedBits } from '../../der/values.ts';
import { keyOfParts, type Name, readRelativeName } from '../name.ts';
import { directoryKey, keyOfName, readGeneralNames } from '../names/general-name.ts';

/** Full names as they compare, or the last part of a name whose rest is the issuer's. */
export type PointName =
  | { readonly kind: 'full'; readonly keys: readonly string[] }
  | { readonly kind: 'relative'; readonly part: string };

export interface DistributionPoint {
  readonly name: PointName | null;
  /** Bits of ReasonFlags; null for all. */
  readonly reasons: ReadonlySet<number> | null;
  /** Directory names of a list's issuer where it is not the certificate's; null where it is. */
  readonly crlIssuers: readonly Name[] | null;
}

export interface ListScope {
  readonly bytes: Uint8Array;
  readonly name: PointName | null;
  readonly only: 'user' | 'ca' | 'attribute' | null;
  readonly reasons: ReadonlySet<number> | null;
  readonly isIndirect: boolean;
}

/** ReasonFlags but `unused` (bit 0). */
export const allReasons: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8]);

export function readDistributionPoints(value: DerElement): readonly DistributionPoint[] {
  return membersOf(value, 'Distribution points', tags.sequence).map((member) => {
    const fields = fieldsOf(member, 'A distribution point');
    const name = fields.optional(0xa0);
    const reasons = fields.optional(0x81);
    const issuers = fields.optional(0xa2);
    fields.end();
    if (name === undefined && issuers === undefined)
      refuse('DER_UNEXPECTED', 'A distribution point names neither a place nor an issuer.');
    return {
      name: name === undefined ? null : readPointName(name),
      reasons: readReasons(reasons),
      crlIssuers: issuers === undefined ? null : readIssuers(issuers),
    };
  });
}

function readIssuers(element: DerElement): readonly Name[] {
  return readGeneralNames(element, 'The issuer of a list', 0xa2).flatMap((name) =>
    name.kind === 'directory' ? [name.name] : [],
  );
}

export function readListScope(value: DerElement): ListScope {
  const fields = fieldsOf(value, 'The scope of a list');
  const name = fields.optional(0xa0);
  const flags = { user: readFlag(fields.optional(0x81)), ca: readFlag(fields.optional(0x82)) };
  const reasons = readReasons(fields.optional(0x83));
  const isIndirect = readFlag(fields.optional(0x84));
  const attribute = readFlag(fields.optional(0x85));
  fields.end();
  if (value.children.length === 0) refuse('DER_UNEXPECTED', 'The scope of a list is empty.');
  const [only = null, another] = (['user', 'ca', 'attribute'] as const).filter(
    (kind) => ({ ...flags, attribute })[kind],
  );
  if (another !== undefined) refuse('DER_VALUE', 'A list says that it holds only certificates of two kinds.');
  return { bytes: value.bytes, name: name === undefined ? null : readPointName(name), only, reasons, isIndirect };
}

/** What the name compares as, for the issuer it may be relative to. */
export function keysOfPoint(name: PointName, issuer: Name): readonly string[] {
  return name.kind === 'full' ? name.keys : [directoryKey(keyOfParts([...issuer.parts, name.part]))];
}

function readPointName(wrapped: DerElement): PointName {
  const what = 'The name of a distribution point';
  const element = unwrap(wrapped, what);
  if (element.tag === 0xa1) return { kind: 'relative', part: readRelativeName(element, what, 0xa1) };
  return { kind: 'full', keys: readGeneralNames(element, what, 0xa0).map(keyOfName) };
}

function readReasons(element: DerElement | undefined): ReadonlySet<number> | null {
  // The context tag stands in place of BIT STRING's own.
  return element === undefined ? null : readNamedBits({ ...element, tag: tags.bitString }, 'Reasons of a list');
}

function readFlag(element: DerElement | undefined): boolean {
  if (element === undefined) return false;
  const flag = readBoolean({ ...element, tag: tags.boolean }, 'The scope of a list');
  if (!flag) refuse('DER_VALUE', 'The scope of a list writes a default value.');
  return flag;
}
