/**
 * Name constraints (RFC 5280 4.2.1.10): every name of a certificate, in its subject and its alternative names, has to
 * lie within what each authority above it permits and outside what any excludes. Constraints hold whether or not they are
 * marked critical. A constrained form that cannot be compared refuses the names of that form.
 */
import { refuse } from '../../refusal.ts';
import { fieldsOf } from '../../der/fields.ts';
import type { DerElement } from '../../der/read-der.ts';
import type { Certificate } from '../certificate.ts';
import { askedOnce, charge } from '../signature-budget.ts';
import { type GeneralName, readGeneralName } from './general-name.ts';
import { isSameForm, isWithin, type Subject, type Subtree, subjectOf, subtreeOf } from './is-within.ts';

export interface NameConstraints {
  readonly permitted: readonly Base[];
  readonly excluded: readonly Base[];
}

/** A name as it is shown, and as it is compared. */
interface Base {
  readonly name: GeneralName;
  readonly subtree: Subtree;
}

interface Named {
  readonly name: GeneralName;
  readonly subject: Subject;
}

/** Measured: so many comparisons, or an eighth of it in names to be read, take as long as a unit. */
const pairsOfUnit = 256;
const pairsOfReading = 8;

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

function readSubtrees(element: DerElement | undefined): readonly Base[] {
  if (element === undefined) return [];
  if (element.children.length > maxSubtrees)
    refuse('NAME_CONSTRAINT_MALFORMED', `Name constraints list more than ${maxSubtrees} subtrees.`);
  return element.children.map((subtree) => {
    const fields = fieldsOf(subtree, 'A name constraint');
    const name = readGeneralName(fields.take(), 'A name constraint');
    // RFC 5280 leaves minimum at its default and maximum out; nothing defines what else they would mean.
    if (subtree.children.length > 1)
      refuse('NAME_CONSTRAINT_MALFORMED', 'A name constraint limits the depth of its subtree.');
    return { name, subtree: subtreeOf(name) };
  });
}

/**
 * `authorities`: those above that constrain names. What was found within one is remembered, because many ways may lead over
 * the same two certificates. `NAME_CONSTRAINT_*`, CMS_TOO_COSTLY.
 */
export function checkNames(certificate: Certificate, authorities: readonly Certificate[]): void {
  for (const authority of authorities) {
    const question = `${certificate.fingerprint} within ${authority.fingerprint}`;
    askedOnce(question, () => {
      checkWithin(certificate, authority.extensions.nameConstraints!);
      return true;
    });
  }
}

function checkWithin(certificate: Certificate, { permitted, excluded }: NameConstraints): void {
  const names = namesOf(certificate);
  const bases = [...permitted, ...excluded].map(({ name }) => name);
  charge((sizeOf(names) * (sizeOf(bases) + pairsOfReading)) / pairsOfUnit);
  for (const name of names) {
    const named = { name, subject: subjectOf(name) };
    checkExcluded(named, excluded);
    checkPermitted(named, permitted);
  }
}

/** Of directory names, attributes are compared. */
function sizeOf(names: readonly GeneralName[]): number {
  return names.reduce((sum, each) => sum + (each.kind === 'directory' ? each.name.attributeCount : 1), 0);
}

function namesOf({ subject, extensions }: Certificate): readonly GeneralName[] {
  const names: GeneralName[] = [...extensions.subjectAltNames];
  if (!subject.isEmpty) names.push({ kind: 'directory', name: subject });
  for (const text of subject.emails) names.push({ kind: 'email', text });
  return names;
}

function checkExcluded({ name, subject }: Named, excluded: readonly Base[]): void {
  for (const base of excluded) {
    if (!isSameForm(subject, base.subtree)) continue;
    const within = isWithin(subject, base.subtree, 'excluded');
    if (within === 'unknown') unsupported(name);
    if (within === 'yes')
      refuse('NAME_CONSTRAINT_EXCLUDED', `An authority excludes ${textOf(base.name)}, where ${textOf(name)} lies.`);
  }
}

function checkPermitted({ name, subject }: Named, permitted: readonly Base[]): void {
  const bases = permitted.filter((base) => isSameForm(subject, base.subtree));
  if (bases.length === 0) return;
  const answers = new Set(bases.map((base) => isWithin(subject, base.subtree, 'permitted')));
  if (answers.has('yes')) return;
  if (answers.has('unknown')) unsupported(name);
  refuse('NAME_CONSTRAINT_NOT_PERMITTED', `No authority above permits ${textOf(name)}.`);
}

function unsupported(name: GeneralName): never {
  return refuse('NAME_CONSTRAINT_UNSUPPORTED', `${textOf(name)} is under a constraint but cannot be compared with it.`);
}

function textOf(name: GeneralName): string {
  if (name.kind === 'directory') return name.name.isEmpty ? 'every directory name' : `directory name ${name.name.text}`;
  return name.kind === 'other' ? `a name of form 0x${name.tag.toString(16)}` : `${name.kind} name "${name.text}"`;
}
