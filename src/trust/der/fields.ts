import { refuse } from '../refusal.ts';
import type { DerElement } from './read-der.ts';
import { tags } from './tags.ts';

/** The members of a SEQUENCE, taken in order. `what` names it in refusals (`DER_UNEXPECTED`). */
export interface Fields {
  /** The next member, which must have this tag; without a tag, any. */
  take(tag?: number): DerElement;
  /** The next member if it has this tag. */
  optional(tag: number): DerElement | undefined;
  /** Nothing may be left. */
  end(): void;
}

export function fieldsOf(element: DerElement, what: string, tag: number = tags.sequence): Fields {
  if (element.tag !== tag) refuse('DER_UNEXPECTED', `${what} is not encoded as expected.`);
  let index = 0;
  const optional = (wanted: number): DerElement | undefined => {
    const next = element.children[index];
    if (next?.tag !== wanted) return undefined;
    index += 1;
    return next;
  };
  return {
    optional,
    take(wanted) {
      const next = element.children[index];
      if (next === undefined) return refuse('DER_UNEXPECTED', `${what} ends too early.`);
      if (wanted !== undefined && next.tag !== wanted)
        return refuse('DER_UNEXPECTED', `${what} is not encoded as expected.`);
      index += 1;
      return next;
    },
    end() {
      if (index !== element.children.length) refuse('DER_UNEXPECTED', `${what} has members that do not belong there.`);
    },
  };
}

/** The members of a SET OF or SEQUENCE OF, at least one where `nonEmpty`. */
export function membersOf(element: DerElement, what: string, tag: number, nonEmpty = true): readonly DerElement[] {
  if (element.tag !== tag) refuse('DER_UNEXPECTED', `${what} is not encoded as expected.`);
  if (nonEmpty && element.children.length === 0) refuse('DER_UNEXPECTED', `${what} is empty.`);
  return element.children;
}

/** What an EXPLICIT context tag wraps: exactly one element. */
export function unwrap(element: DerElement, what: string): DerElement {
  const [inner, more] = element.children;
  if (inner === undefined || more !== undefined) return refuse('DER_UNEXPECTED', `${what} is not encoded as expected.`);
  return inner;
}
