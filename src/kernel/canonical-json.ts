/**
 * Canonical JSON (RFC 8785): equal values give equal bytes, whatever the order of their members. Members that are
 * `undefined` are left out. For plain values only (no cycles, no toJSON); written out here because plans are large and
 * are hashed while they are written, never held as one text. Tests hold it against the `canonicalize` package.
 */
export function canonicalJson(value: unknown): string {
  const parts: string[] = [];
  writeCanonicalJson(value, (part) => parts.push(part));
  return parts.join('');
}

const flushAt = 65_536;
const longText = 1024;

/**
 * Takes the text piece by piece. `isRepeated`: the same piece comes more than once, so that work on it may be kept.
 */
export type EmitText = (part: string, isRepeated: boolean) => void;

/** The same text in pieces of 64 Ki characters or so. Throws TypeError for what JSON cannot say. */
export function writeCanonicalJson(value: unknown, emit: EmitText): void {
  const writer: Writer = { text: '', names: new Map(), seen: new Map(), emit };
  if (!isJson(value)) throw new TypeError('canonical JSON: not a JSON value');
  write(value, writer);
  if (writer.text !== '') emit(writer.text, false);
}

interface Writer {
  text: string;
  /** Member names as they are written: few, and repeated for every step of a plan. */
  readonly names: Map<string, string>;
  /** Objects met before, with their text from the second time on: what many steps share is written out once. */
  readonly seen: Map<object, string | undefined>;
  readonly emit: EmitText;
}

function write(value: unknown, writer: Writer): void {
  if (typeof value === 'string') writer.text += quote(value);
  else if (typeof value !== 'object' || value === null) writer.text += scalar(value);
  else if (!writer.seen.has(value)) {
    writer.seen.set(value, undefined);
    writeWhole(value, writer);
  } else {
    let text = writer.seen.get(value);
    if (text === undefined) writer.seen.set(value, (text = textOf(value, writer)));
    if (text.length < longText) writer.text += text;
    else {
      // As it stands, not copied into a longer text first.
      if (writer.text !== '') writer.emit(writer.text, false);
      writer.text = '';
      writer.emit(text, true);
    }
  }
}

function writeWhole(value: object, writer: Writer): void {
  if (Array.isArray(value)) writeArray(value, writer);
  else writeObject(value as Record<string, unknown>, writer);
}

function textOf(value: object, { names, seen }: Writer): string {
  const parts: string[] = [];
  const writer: Writer = { text: '', names, seen, emit: (part) => parts.push(part) };
  writeWhole(value, writer);
  return parts.join('') + writer.text;
}

function writeArray(values: readonly unknown[], writer: Writer): void {
  writer.text += '[';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) writer.text += ',';
    const value = values[index];
    write(isJson(value) ? value : null, writer);
    if (writer.text.length > flushAt) {
      writer.emit(writer.text, false);
      writer.text = '';
    }
  }
  writer.text += ']';
}

function writeObject(object: Readonly<Record<string, unknown>>, writer: Writer): void {
  const names = sortedNames(object);
  let separator = '{';
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index]!;
    const value = object[name];
    if (!isJson(value)) continue;
    let written = writer.names.get(name);
    if (written === undefined) {
      written = `${quote(name)}:`;
      writer.names.set(name, written);
    }
    writer.text += separator + written;
    separator = ',';
    write(value, writer);
  }
  writer.text += separator === '{' ? '{}' : '}';
}

/** Code-unit order, as the RFC asks. Insertion sort: objects have few members, and many are in order already. */
function sortedNames(object: object): string[] {
  const names = Object.keys(object);
  if (names.length > 24) return names.sort();
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index]!;
    let at = index - 1;
    while (at >= 0 && names[at]! > name) {
      names[at + 1] = names[at]!;
      at -= 1;
    }
    names[at + 1] = name;
  }
  return names;
}

function isJson(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON: lone surrogate');
  return JSON.stringify(text);
}

function scalar(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('canonical JSON: not a finite number');
  return JSON.stringify(value);
}
