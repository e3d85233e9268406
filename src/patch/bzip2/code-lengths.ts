/** The lengths of a prefix code for symbols of these frequencies (Huffman), none above what writers of bzip2 use. */
const mostBits = 17;

/** At least two symbols; one that does not occur has a code too. */
export function codeLengths(frequencies: Int32Array): Uint8Array {
  let weights = frequencies.map((frequency) => Math.max(1, frequency));
  for (;;) {
    const lengths = huffmanLengths(weights);
    if (Math.max(...lengths) <= mostBits) return lengths;
    // Flatter frequencies make flatter trees.
    weights = weights.map((weight) => (weight >>> 1) + 1);
  }
}

function huffmanLengths(weights: Int32Array): Uint8Array {
  const leaves = weights.length;
  const order = Array.from(weights, (_, symbol) => symbol).sort(
    (left, right) => weights[left]! - weights[right]! || left - right,
  );
  const nodes = 2 * leaves - 1;
  const sums = new Float64Array(nodes);
  const parents = new Int32Array(nodes);
  for (let leaf = 0; leaf < leaves; leaf += 1) sums[leaf] = weights[order[leaf]!]!;
  let leaf = 0;
  let branch = leaves;
  // Branches are made in the order of their sums: the least is the first of either queue.
  for (let made = leaves; made < nodes; made += 1) {
    for (let child = 0; child < 2; child += 1) {
      const isLeaf = leaf < leaves && (branch === made || sums[leaf]! <= sums[branch]!);
      const least = isLeaf ? leaf++ : branch++;
      sums[made]! += sums[least]!;
      parents[least] = made;
    }
  }
  const depths = new Uint16Array(nodes);
  const lengths = new Uint8Array(leaves);
  for (let node = nodes - 2; node >= 0; node -= 1) {
    depths[node] = depths[parents[node]!]! + 1;
    if (node < leaves) lengths[order[node]!] = Math.min(255, depths[node]!);
  }
  return lengths;
}
