/** Extensions by which authorities constrain what stands below them, from their parts. */
import { bits, der, explicit, integer, oid, sequence, utf8 } from './der.ts';
import { extension } from './pki.ts';

const ascii = (tag: number, text: string): Uint8Array => der(tag, Buffer.from(text, 'latin1'));

/** GeneralName. */
export const generalName = {
  email: (text: string): Uint8Array => ascii(0x81, text),
  dns: (text: string): Uint8Array => ascii(0x82, text),
  directory: (name: Uint8Array): Uint8Array => explicit(4, name),
  uri: (text: string): Uint8Array => ascii(0x86, text),
  address: (...octets: readonly number[]): Uint8Array => der(0x87, Uint8Array.from(octets)),
  other: (text: string): Uint8Array => explicit(0, oid('1.2.3.4'), explicit(0, utf8(text))),
};

export function subjectAltNames(...names: readonly Uint8Array[]): Uint8Array {
  return extension('2.5.29.17', sequence(...names));
}

export function nameConstraints(subtrees: {
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
}): Uint8Array {
  const list = (number: number, names: readonly Uint8Array[] = []): readonly Uint8Array[] =>
    names.length === 0 ? [] : [explicit(number, ...names.map((name) => sequence(name)))];
  return extension('2.5.29.30', sequence(...list(0, subtrees.permitted), ...list(1, subtrees.excluded)), true);
}

export const anyPolicyOid = '2.5.29.32.0';

export function policies(...oids: readonly string[]): Uint8Array {
  return extension('2.5.29.32', sequence(...oids.map((id) => sequence(oid(id)))));
}

export function policyMappings(...pairs: readonly (readonly [issuer: string, subject: string])[]): Uint8Array {
  return extension(
    '2.5.29.33',
    sequence(...pairs.map(([issuer, subject]) => sequence(oid(issuer), oid(subject)))),
    true,
  );
}

export function policyConstraints(demands: {
  readonly requireExplicit?: number;
  readonly inhibitMapping?: number;
}): Uint8Array {
  const count = (tag: number, value: number | undefined): readonly Uint8Array[] =>
    value === undefined ? [] : [der(tag, integer(value).subarray(2))];
  return extension(
    '2.5.29.36',
    sequence(...count(0x80, demands.requireExplicit), ...count(0x81, demands.inhibitMapping)),
    true,
  );
}

export function inhibitAnyPolicy(after: number): Uint8Array {
  return extension('2.5.29.54', integer(after), true);
}

export interface PointOptions {
  readonly names?: readonly Uint8Array[];
  /** Numbers of ReasonFlags. */
  readonly reasons?: readonly number[];
  readonly issuers?: readonly Uint8Array[];
}

export function distributionPoints(...points: readonly PointOptions[]): Uint8Array {
  const encoded = points.map(({ names, reasons, issuers }) =>
    sequence(
      ...(names === undefined ? [] : [pointName(names)]),
      ...(reasons === undefined ? [] : [reasonFlags(0x81, reasons)]),
      ...(issuers === undefined ? [] : [explicit(2, ...issuers.map(generalName.directory))]),
    ),
  );
  return extension('2.5.29.31', sequence(...encoded));
}

/** DistributionPointName. */
export function pointName(names: readonly Uint8Array[]): Uint8Array {
  return explicit(0, explicit(0, ...names));
}

export function reasonFlags(tag: number, numbers: readonly number[]): Uint8Array {
  const last = Math.max(...numbers);
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const number of numbers) bytes[number >> 3]! |= 0x80 >> (number & 7);
  const encoded = Uint8Array.from(bits(bytes, 7 - (last & 7)));
  encoded[0] = tag;
  return encoded;
}
