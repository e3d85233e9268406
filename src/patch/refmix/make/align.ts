/**
 * The alignment a patch is made of. A program that was linked anew differs from its base nearly everywhere: in its
 * references. So it is aligned twice: as it is, which is enough for a map of what moved where; then with the base's
 * references rewritten through that map, where only true changes are left to differ.
 */
import { type Alignment, align } from '../../alignment.ts';
import { cutPieces, mapAddresses } from '../address-map.ts';
import { type Layout, noLayout } from '../layout.ts';
import { readElf } from './elf.ts';
import { type Image, layoutOf } from './image.ts';
import { readPe } from './pe.ts';
import { pruneStretches } from './prune.ts';
import { rewriteReferences } from './rewrite.ts';

export interface Aligned {
  readonly layout: Layout;
  readonly stretches: Alignment;
}

export function alignPrograms(base: Uint8Array, target: Uint8Array): Aligned {
  const first = align(base, target);
  const before = readImage(base);
  const after = readImage(target);
  if (before === undefined || after === undefined)
    return { layout: noLayout, stretches: pruneStretches(first, base, target) };
  const layout = layoutOf(before, after);
  const map = mapAddresses(cutPieces(first, layout), layout);
  const rewritten = rewriteReferences(base, map, before, after);
  return { layout, stretches: pruneStretches(align(rewritten, target), rewritten, target) };
}

function readImage(file: Uint8Array): Image | undefined {
  return readElf(file) ?? readPe(file);
}
