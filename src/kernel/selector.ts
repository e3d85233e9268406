/**
 * Label selectors as kubectl writes them: `zone=eu-1,tier!=gold,spare`. Comma means "and"; a bare key asks
 * for presence, `!key` for absence.
 */
export type Labels = Readonly<Record<string, string>>;

type Term = { readonly key: string; readonly op: 'equals' | 'differs' | 'present' | 'absent'; readonly value: string };
export type Selector = readonly Term[];

const pattern = /^(!?)([A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?)(?:(!?=)=?(.*))?$/u;

/** undefined when the text is not a selector. */
export function parseSelector(text: string): Selector | undefined {
  const terms: Term[] = [];
  for (const piece of text.split(',')) {
    const match = pattern.exec(piece.trim());
    if (match === null) return undefined;
    const [, not, key, operator, value] = match;
    if (not === '!' && operator !== undefined) return undefined;
    const op = operator === undefined ? (not === '!' ? 'absent' : 'present') : operator === '=' ? 'equals' : 'differs';
    terms.push({ key: key!, op, value: (value ?? '').trim() });
  }
  return terms;
}

export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every((term) => {
    const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined;
    switch (term.op) {
      case 'equals':
        return value === term.value;
      case 'differs':
        return value !== term.value;
      case 'present':
        return value !== undefined;
      case 'absent':
        return value === undefined;
    }
  });
}
