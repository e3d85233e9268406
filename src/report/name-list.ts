/** Long lists of names, short enough to read: runs of numbers are folded, what is left over is counted. */

/** `node-001 to node-190, node-200`: names in order, runs of three or more consecutive numbers folded. */
export function foldNames(names: readonly string[]): readonly string[] {
  const folded: string[] = [];
  for (let start = 0; start < names.length;) {
    let end = start;
    while (end + 1 < names.length && follows(names[end]!, names[end + 1]!)) end += 1;
    if (end - start >= 2) folded.push(`${names[start]!} to ${names[end]!}`);
    else for (let index = start; index <= end; index += 1) folded.push(names[index]!);
    start = end + 1;
  }
  return folded;
}

const numbered = /^(.*?)(\d+)$/u;

function follows(a: string, b: string): boolean {
  const [, prefix, number] = numbered.exec(a) ?? [];
  const [, nextPrefix, next] = numbered.exec(b) ?? [];
  if (number === undefined || next === undefined || prefix !== nextPrefix || number.length !== next.length)
    return false;
  return Number(next) === Number(number) + 1;
}

/** At most `limit` entries, then how many names are not shown. */
export function shortNames(names: readonly string[], limit: number): string {
  const folded = foldNames(names);
  if (folded.length <= limit) return folded.join(', ');
  return `${folded.slice(0, limit).join(', ')} and more: ${names.length} in all`;
}
