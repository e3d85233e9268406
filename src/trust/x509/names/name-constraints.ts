/**
 * Name constraints (RFC 5280 4.2.1.10): every name of a certificate, in its subject and its alternative names, has to
 * lie within what each authority above it permits and outside what any excludes. Constraints hold whether or not they are
 * marked critical. A constrained form that cannot be compared refuses the names of that form.
 */
import { refuse } from '../../refusal.ts';
import { fieldsOf } from '../../der/fields.ts';
import type { DerElement } from '../../der/read-der.ts';
import type { Certificate } from '../certificate.ts';
import { type GeneralName, readGeneralName } from './general-name.ts';
import { isWithin } from './is-within.ts';

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

const maxSubtrees = 256;

export function readNameConstraints(value: DerElement): NameConstraints {
  const fields = fieldsOf(value, 'Name constraints');
  const permitted = readSubtrees(fields.optional(0xa0));
  const excluded = readSubtrees(fields.optional(0xa1));
  fields.end();
  if (permitted.length + excluded.length === 0)
    refuse('NAME_CONSTRAINT_MALFORMED', 'Name constraints constrain nothing.');
  return { permitted, excluded };
}

function readSubtrees(element: DerElement | undefined): readonly GeneralName[] {
  if (element === undefined) return [];
  if (element.children.length > maxSubtrees)
    refuse('NAME_CONSTRAINT_MALFORMED', `Name constraints list more than ${maxSubtrees} subtrees.`);
  return element.children.map((subtree) => {
    const fields = fieldsOf(subtree, 'A name constraint');
    const base = readGeneralName(fields.take(), 'A name constraint');
    // RFC 5280 leaves minimum at its default and maximum out; nothing defines what else they would mean.
    if (subtree.children.length > 1)
      refuse('NAME_CONSTRAINT_MALFORMED', 'A name constraint limits the depth of its subtree.');
    return base;
  });
}

/** `constraints`: of every authority above. `NAME_CONSTRAINT_*`. */
export function checkNames(certificate: Certificate, constraints: readonly NameConstraints[]): void {
  if (constraints.length === 0) return;
  const names = namesOf(certificate);
  for (const { permitted, excluded } of constraints) {
    for (const name of names) {
      checkExcluded(name, excluded);
      checkPermitted(name, permitted);
    }
  }
}

function namesOf({ subject, extensions }: Certificate): readonly GeneralName[] {
  const names: GeneralName[] = [...extensions.subjectAltNames];
  if (!subject.isEmpty) names.push({ kind: 'directory', name: subject });
  for (const text of subject.emails) names.push({ kind: 'email', text });
  return names;
}

function checkExcluded(name: GeneralName, excluded: readonly GeneralName[]): void {
  for (const base of excluded) {
    if (!isSameForm(name, base)) continue;
    const within = isWithin(name, base, 'excluded');
    if (within === 'unknown') unsupported(name);
    if (within === 'yes')
      refuse('NAME_CONSTRAINT_EXCLUDED', `An authority excludes ${textOf(base)}, where ${textOf(name)} lies.`);
  }
}

function checkPermitted(name: GeneralName, permitted: readonly GeneralName[]): void {
  const bases = permitted.filter((base) => isSameForm(name, base));
  if (bases.length === 0) return;
  const answers = new Set(bases.map((base) => isWithin(name, base, 'permitted')));
  if (answers.has('yes')) return;
  if (answers.has('unknown')) unsupported(name);
  refuse('NAME_CONSTRAINT_NOT_PERMITTED', `No authority above permits ${textOf(name)}.`);
}

function isSameForm(name: GeneralName, base: GeneralName): boolean {
  return name.kind === base.kind && (name.kind !== 'other' || base.kind !== 'other' || name.tag === base.tag);
}

function unsupported(name: GeneralName): never {
  return refuse('NAME_CONSTRAINT_UNSUPPORTED', `${textOf(name)} is under a constraint but cannot be compared with it.`);
}

function textOf(name: GeneralName): string {
  if (name.kind === 'directory') return name.name.isEmpty ? 'every directory name' : `directory name ${name.name.text}`;
  return name.kind === 'other' ? `a name of form 0x${name.tag.toString(16)}` : `${name.kind} name "${name.text}"`;
}
