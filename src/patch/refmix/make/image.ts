/**
 * An executable as whoever makes a patch sees it: what of the file appears at which addresses, and which parts hold
 * references of which form. Nothing here decides whether a patch is right, only how small it is; so a reader of a format
 * that meets something odd leaves it out, and never throws.
 */
import { type Layout, layoutLimits, type Move, plainRegion, type Region, type Span } from '../layout.ts';

export interface Image {
  readonly machine: Machine;
  /** Bytes of the file that appear at addresses; string tables that are not loaded at ones of their own. */
  readonly spans: readonly Span[];
  /** What follows spans in memory without being in the file, in order of the program. */
  readonly tails: readonly Tail[];
  readonly parts: readonly Part[];
  /** Words without a table of their own may count from here. */
  readonly anchor: number;
  /** What its absolute addresses of 64 bits have above those of the spans: both halves. */
  readonly above: { readonly low: number; readonly high: number };
}

export type Machine = 'x86-64' | 'arm64' | 'other';

export interface Tail {
  readonly address: number;
  readonly size: number;
}

export interface Part extends Span {
  readonly name: string;
  readonly form: PartForm;
  /** Where the strings begin that its entries name. */
  readonly stringsAddress?: number;
  /** Where its words count from, if not where those of the image do. */
  readonly anchor?: number;
}

/**
 * code: instructions. pointers: absolute addresses at multiples of 8. symbols, relocations: tables of ELF. unwindIndex:
 * words that count from its start. unwind: records with relative references. functions: a table of PE, three addresses of
 * 32 bits a row. loose: absolute addresses anywhere.
 */
export type PartForm =
  | 'code'
  | 'pointers'
  | 'symbols'
  | 'relocations'
  | 'unwindIndex'
  | 'unwind'
  | 'functions'
  | 'loose'
  | 'data';

const strides: Partial<Record<PartForm, number>> = {
  symbols: 24,
  relocations: 24,
  unwindIndex: 8,
  functions: 12,
  pointers: 8,
};

/** Both images in the terms of a patch. */
export function layoutOf(base: Image, target: Image): Layout {
  return { base: base.spans, target: target.spans, moves: movesOf(base, target), regions: regionsOf(base, target) };
}

export function partNamed(image: Image, name: string): Part | undefined {
  return image.parts.find((part) => part.name === name);
}

/** Where the words of a part count from. */
export function anchorOf(image: Image, { form, address, stringsAddress, anchor }: Part): number {
  if (form === 'symbols') return stringsAddress ?? 0;
  return form === 'unwindIndex' ? address : (anchor ?? image.anchor);
}

/** What is zero at the start is measured from its end, where the linker puts what is new. */
function movesOf(base: Image, target: Image): Move[] {
  if (base.tails.length !== target.tails.length) return [];
  return base.tails.flatMap(({ address, size }, index) => {
    const end = target.tails[index]!.address + target.tails[index]!.size;
    const first = Math.ceil(address / 32) * 32;
    return address + size > first
      ? [{ address: first, size: address + size - first, shift: end - address - size }]
      : [];
  });
}

function regionsOf(base: Image, target: Image): Region[] {
  const anchorShift = target.anchor - base.anchor;
  const regions: Region[] = [];
  let at = 0;
  for (const part of target.parts.toSorted((a, b) => a.offset - b.offset)) {
    const stride = strides[part.form] ?? (part.anchor === undefined ? undefined : plainRegion.stride);
    const before = partNamed(base, part.name);
    if (stride === undefined || before?.form !== part.form || part.offset < at || part.size === 0) continue;
    const end = part.offset + part.size;
    if (part.offset > at)
      regions.push({ end: part.offset, stride: plainRegion.stride, anchor: base.anchor, anchorShift });
    const anchor = anchorOf(base, before);
    regions.push({ end, stride, anchor, anchorShift: anchorOf(target, part) - anchor });
    at = end;
  }
  regions.push({ end: 0xff_ff_ff_ff, stride: plainRegion.stride, anchor: base.anchor, anchorShift });
  return regions.length > layoutLimits.entries ? [] : regions;
}
