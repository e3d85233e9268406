/** The four extensions of certificate policies (RFC 5280 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14), form only. */
import { refuse } from '../../refusal.ts';
import { fieldsOf, membersOf } from '../../der/fields.ts';
import type { DerElement } from '../../der/read-der.ts';
import { tags } from '../../der/tags.ts';
import { readOid, readSmall } from '../../der/values.ts';

export const anyPolicy = '2.5.29.32.0';

/** Qualifiers that say something to people and limit nothing: practice statement, user notice. */
const knownQualifiers: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2']);

export interface PolicyMapping {
  /** In terms of the issuer; what stands below may use `subject` for it. */
  readonly issuer: string;
  readonly subject: string;
}

/** Certificates that may still follow before the demand holds; null where it is not made. */
export interface PolicyConstraints {
  readonly requireExplicit: number | null;
  readonly inhibitMapping: number | null;
}

export function readPolicies(value: DerElement, isCritical: boolean): ReadonlySet<string> {
  const policies = new Set<string>();
  for (const member of membersOf(value, 'Certificate policies', tags.sequence)) {
    const fields = fieldsOf(member, 'A certificate policy');
    const policy = readOid(fields.take(tags.oid), 'A certificate policy');
    const qualifiers = fields.optional(tags.sequence);
    fields.end();
    if (qualifiers !== undefined) checkQualifiers(qualifiers, isCritical);
    if (policies.has(policy)) refuse('CERT_POLICY_REPEATED', `Certificate policy ${policy} appears twice.`);
    policies.add(policy);
  }
  return policies;
}

/** RFC 5280 4.2.1.4: of a critical extension every qualifier has to be understood. */
function checkQualifiers(element: DerElement, isCritical: boolean): void {
  for (const qualifier of membersOf(element, 'Policy qualifiers', tags.sequence)) {
    const fields = fieldsOf(qualifier, 'A policy qualifier');
    const oid = readOid(fields.take(tags.oid), 'A policy qualifier');
    fields.take();
    fields.end();
    if (isCritical && !knownQualifiers.has(oid))
      refuse('CERT_POLICY_QUALIFIER', `Critical certificate policies carry the unknown qualifier ${oid}.`);
  }
}

export function readPolicyMappings(value: DerElement): readonly PolicyMapping[] {
  return membersOf(value, 'Policy mappings', tags.sequence).map((member) => {
    const fields = fieldsOf(member, 'A policy mapping');
    const issuer = readOid(fields.take(tags.oid), 'A policy mapping');
    const subject = readOid(fields.take(tags.oid), 'A policy mapping');
    fields.end();
    return { issuer, subject };
  });
}

export function readPolicyConstraints(value: DerElement): PolicyConstraints {
  if (value.children.length === 0) refuse('DER_UNEXPECTED', 'Policy constraints constrain nothing.');
  const fields = fieldsOf(value, 'Policy constraints');
  const requireExplicit = readCount(fields.optional(0x80));
  const inhibitMapping = readCount(fields.optional(0x81));
  fields.end();
  return { requireExplicit, inhibitMapping };
}

function readCount(element: DerElement | undefined): number | null {
  // The context tag stands in place of INTEGER's own.
  return element === undefined ? null : readSmall({ ...element, tag: tags.integer }, 'A policy constraint');
}
