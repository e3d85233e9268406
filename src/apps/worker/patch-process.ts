/**
 * A program that makes one patch: `patch-process ALGORITHM BASE-BYTES TARGET-BYTES`, base and target one after the other
 * on stdin, the patch on stdout. Its stdin stays open for as long as somebody wants the patch; when it ends, the program
 * ends at once, in the middle of a native call too, as a thread cannot.
 */
import { deltaAlgorithms } from '../../model/delta.ts';
import { patchAlgorithm } from '../../patch/index.ts';

const [name, ...sizes] = process.argv.slice(2);
const [baseBytes = 0, targetBytes = 0] = sizes.map(Number);
const algorithm = patchAlgorithm(deltaAlgorithms.find((id) => id === name)!);
const files = new Uint8Array(baseBytes + targetBytes);
let have = 0;

async function make(): Promise<void> {
  const patch = await algorithm.make(files.subarray(0, baseBytes), files.subarray(baseBytes), {});
  process.stdout.write(patch, () => process.exit());
}

process.stdin.on('data', (chunk: Uint8Array) => {
  files.set(chunk, have);
  have += chunk.length;
  if (have === files.length) void make();
});
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
