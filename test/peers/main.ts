/** `npm run peers`: runs every bad fixture through Themis and other implementations and writes `docs/trust-checklist.md`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { trustCodes } from '../../src/trust/refusal.ts';
import { badTrustFiles } from '../support/trust/bad-trust-files.ts';
import { badFixtures } from '../support/trust/index.ts';
import { writeChecklist } from './checklist.ts';
import { forgePeer } from './forge.ts';
import { openssl } from './openssl.ts';
import { pkijsPeer } from './pkijs.ts';
import type { Verdict } from './verdict.ts';

const peers = [forgePeer(), pkijsPeer(), openssl()];
const verdicts = new Map<string, readonly Verdict[]>();
for (const fixture of badFixtures) {
  const made = fixture.make();
  const result = verifyDetached({ ...made, profile: 'codeSigning' });
  if (result.ok || result.code !== fixture.code) throw new Error(`${fixture.id} is not refused with ${fixture.code}.`);
  const found: Verdict[] = [];
  for (const peer of peers) found.push(await peer.judge(made));
  verdicts.set(fixture.id, found);
  process.stdout.write(`${fixture.id}: ${found.join(' ')}\n`);
}
await mkdir(new URL('../../docs/', import.meta.url), { recursive: true });
const target = new URL('../../docs/trust-checklist.md', import.meta.url);
await writeFile(target, writeChecklist(trustCodes(), badFixtures, peers, verdicts, badTrustFiles));
