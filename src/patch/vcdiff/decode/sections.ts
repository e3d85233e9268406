/** Sections as instructions read them: where they lie in the patch, or expanded by the secondary compressor. */
import { refuse } from '../refusal.ts';
import { type Reader, readInteger } from '../format/reader.ts';
import { sectionNames, type WindowHeader } from '../format/window-header.ts';

/** Of one kind of section: LZMA goes on from window to window. The bytes are good until the next one. */
export type Expand = (packed: Reader, size: number) => Uint8Array;

export function openSections(
  { compressed, sections }: WindowHeader,
  expanders: readonly Expand[],
): WindowHeader['sections'] {
  if (compressed === 0) return sections;
  const open = (kind: 0 | 1 | 2): Reader =>
    (compressed & (1 << kind)) === 0 ? sections[kind] : expand(sections[kind], expanders[kind]!, sectionNames[kind]);
  return [open(0), open(1), open(2)];
}

function expand(packed: Reader, expander: Expand, name: string): Reader {
  const size = readInteger(packed, 'the size of a compressed section');
  const bytes = expander(packed, size);
  if (bytes.length !== size || packed.at !== packed.end)
    refuse('LENGTHS_DISAGREE', `A compressed ${name} section does not end where it says.`);
  return { bytes, at: 0, end: size };
}
