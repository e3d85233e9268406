/**
 * Strict DER (X.690 chapter 10) into a tree: definite minimal lengths, single-byte tags, universal types in their one
 * allowed form, sets in order, nothing after the end. The walk keeps its own stack, so depth costs no call frames,
 * and is linear in the bytes. It throws nothing but refusals `DER_*`. What a value means is judged where it is read
 * (`values.ts`).
 */
import { refuse } from '../refusal.ts';
import { checkPrimitive } from './check-primitive.ts';
import { tags } from './tags.ts';

export interface DerElement {
  /** Identifier octet: class, constructed bit and number. */
  readonly tag: number;
  /** The whole encoding, header included: what signatures cover. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
  /** Empty for a primitive. */
  readonly children: readonly DerElement[];
}

export interface DerLimits {
  readonly bytes: number;
  readonly depth: number;
  readonly elements: number;
}

export const derLimits: DerLimits = { bytes: 1 << 20, depth: 24, elements: 20_000 };

const constructedBit = 0x20;
// Universal types that may appear, primitive in DER: boolean to object identifier, enumerated, UTF8String, strings and times.
const primitives = new Set([1, 2, 3, 4, 5, 6, 10, 12, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 30]);
const constructed = new Set([16, 17]);

interface Open {
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
  readonly children: DerElement[];
}

export function readDer(bytes: Uint8Array, limits: DerLimits = derLimits): DerElement {
  if (bytes.length > limits.bytes)
    refuse('DER_TOO_LARGE', `The encoding has ${bytes.length} bytes, at most ${limits.bytes}.`);
  const open: Open[] = [];
  let offset = 0;
  let count = 0;
  for (;;) {
    const header = readHeader(bytes, offset, open.at(-1)?.end ?? bytes.length);
    count += 1;
    if (count > limits.elements) refuse('DER_TOO_MANY', `The encoding has more than ${limits.elements} elements.`);
    open.push(header);
    if (open.length > limits.depth)
      refuse('DER_TOO_DEEP', `The encoding is nested deeper than ${limits.depth} levels.`);
    offset = (header.tag & constructedBit) === 0 ? header.end : header.contentStart;
    // Close everything that ends here; the outermost element has to end with the bytes.
    while (open.at(-1)!.end === offset) {
      const element = close(bytes, open.pop()!);
      const parent = open.at(-1);
      if (parent !== undefined) parent.children.push(element);
      else if (offset === bytes.length) return element;
      else refuse('DER_TRAILING_BYTES', `${bytes.length - offset} bytes follow the end of the encoding.`);
    }
  }
}

function readHeader(bytes: Uint8Array, start: number, limit: number): Open {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined || start + 2 > limit) return truncated(start);
  checkTag(tag, start);
  let contentStart = start + 2;
  let length = first;
  if (first === 0x80) refuse('DER_LENGTH_INDEFINITE', `Indefinite length at byte ${start}: this is BER, not DER.`);
  if (first > 0x80) {
    const octets = first & 0x7f;
    if (octets > 4) refuse('DER_TOO_LARGE', `A length of ${octets} bytes at byte ${start}.`);
    if (contentStart + octets > limit) return truncated(start);
    length = 0;
    for (let index = 0; index < octets; index += 1) length = length * 256 + bytes[contentStart + index]!;
    contentStart += octets;
    if (length < 0x80 || length < 256 ** (octets - 1)) {
      refuse('DER_LENGTH_NOT_MINIMAL', `The length at byte ${start} is not written in its shortest form.`);
    }
  }
  const end = contentStart + length;
  if (end > limit) return truncated(start);
  return { tag, start, contentStart, end, children: [] };
}

function checkTag(tag: number, start: number): void {
  const number = tag & 0x1f;
  const classBits = tag & 0xc0;
  const isContext = classBits === 0x80 && number !== 0x1f;
  const allowed = (tag & constructedBit) === 0 ? primitives : constructed;
  if (!isContext && !(classBits === 0 && allowed.has(number))) {
    refuse('DER_TAG', `Tag 0x${tag.toString(16).padStart(2, '0')} at byte ${start} has no place here.`);
  }
}

function close(bytes: Uint8Array, header: Open): DerElement {
  if (header.tag === tags.set) checkSetOrder(header.children, header.start);
  const content = bytes.subarray(header.contentStart, header.end);
  checkPrimitive(header.tag, content, header.start);
  return {
    tag: header.tag,
    bytes: bytes.subarray(header.start, header.end),
    content,
    children: header.children,
  };
}

/** SET OF is sorted by encoding; for SET that is the order of tags. Equal neighbours stay: repetition is judged by meaning. */
export function checkSetOrder(children: readonly DerElement[], start: number): void {
  for (let index = 1; index < children.length; index += 1) {
    if (compareBytes(children[index - 1]!.bytes, children[index]!.bytes) > 0) {
      refuse('DER_SET_ORDER', `The set at byte ${start} is not in DER order.`);
    }
  }
}

/** Lexicographic; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

function truncated(start: number): never {
  return refuse('DER_TRUNCATED', `The element at byte ${start} is longer than what holds it.`);
}
