import canonicalize from 'canonicalize';

/**
 * Canonical JSON (RFC 8785): equal values give equal bytes, whatever the order of their members.
 * Members that are `undefined` are left out.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('canonicalJson: not a JSON value');
  return text;
}
