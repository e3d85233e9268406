import type { Lock } from '../model/desired.ts';
import { comparePins } from '../resolve/pin.ts';

export const lockFileName = 'themis.lock.yaml';

/** The text of `themis.lock.yaml`: equal locks give equal bytes, one pin a block, so that a diff reads well. */
export function formatLock(lock: Lock): string {
  const lines = [
    '# Written by "themis lock" and committed with the Fleet. Do not edit: run "themis lock" again.',
    'apiVersion: themis.dev/v1',
    'kind: Lock',
    lock.packages.length === 0 ? 'packages: []' : 'packages:',
  ];
  for (const pin of [...lock.packages].sort(comparePins)) {
    lines.push(
      `  - package: ${JSON.stringify(pin.package)}`,
      `    version: ${JSON.stringify(pin.version)}`,
      `    manifestHash: ${pin.manifestHash}`,
      `    platform: ${pin.platform}`,
      `    architecture: ${pin.architecture}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
