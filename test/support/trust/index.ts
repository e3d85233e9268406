/** Every bad fixture, one line for each family. What joins here is tested, and compared with other implementations. */
import { badAlgorithms } from './bad-algorithms.ts';
import { badCertificates } from './bad-certificates.ts';
import { badEncodings } from './bad-encodings.ts';
import type { BadFixture } from './bad-fixture.ts';
import { badSignatures } from './bad-signatures.ts';
import { badTimestamps } from './bad-timestamps.ts';

export const badFixtures: readonly BadFixture[] = [
  ...badEncodings,
  ...badAlgorithms,
  ...badSignatures,
  ...badTimestamps,
  ...badCertificates,
];
