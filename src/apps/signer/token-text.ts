/** What `pkcs11-tool` prints about tokens and keys, as data. Lines it does not know are passed over. */

export interface Token {
  /** `0x43a8da82`: what `--slot` takes. */
  readonly slot: string;
  /** null: nothing in the slot, or a token that was never initialised. */
  readonly label: string | null;
  readonly flags: readonly string[];
}

export interface PrivateKey {
  /** `EC`, `RSA`, `EC_EDWARDS`. */
  readonly type: string;
  readonly label: string;
  /** Hex; null where the token gave it none. */
  readonly id: string | null;
}

/** Of `--list-slots`. */
export function parseTokens(text: string): Token[] {
  return sections(text, /^Slot \d+ \((0x[0-9a-f]+)\)/u).map(({ match, fields }) => ({
    slot: match,
    label: fields.get('token label') ?? null,
    flags: (fields.get('token flags') ?? '').split(',').map((flag) => flag.trim()),
  }));
}

/** Of `--list-objects --type privkey`. */
export function parsePrivateKeys(text: string): PrivateKey[] {
  return sections(text, /^Private Key Object; (\w+)/u).map(({ match, fields }) => ({
    type: match,
    label: fields.get('label') ?? '',
    id: fields.get('ID')?.replaceAll(':', '') ?? null,
  }));
}

interface Section {
  readonly match: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** A line that fits `start` begins a section, indented `name: value` lines belong to it, any other line ends it. */
function sections(text: string, start: RegExp): Section[] {
  const found: { match: string; fields: Map<string, string> }[] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    const begun = start.exec(line);
    const field = /^\s+([^:]*[^:\s])\s*:\s*(.*?)\s*$/u.exec(line);
    if (begun !== null) found.push({ match: begun[1]!, fields: new Map() });
    else if (isInside && field !== null) found.at(-1)!.fields.set(field[1]!, field[2]!);
    isInside = begun !== null || (isInside && field !== null);
  }
  return found;
}
