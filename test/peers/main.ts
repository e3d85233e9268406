/** `npm run peers`: runs every bad fixture through Themis and other implementations and writes `docs/trust-checklist.md`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { trustCodes } from '../../src/trust/refusal.ts';
import type { BadSignature } from '../support/trust/bad-fixture.ts';
import { badTrustFiles } from '../support/trust/bad-trust-files.ts';
import { badFixtures } from '../support/trust/index.ts';
import { writeChecklist } from './checklist.ts';
import { Judge } from './judge.ts';
import { peers } from './peers.ts';
import type { Question, Verdict } from './verdict.ts';

function questionOf({ content, signature, trust, nowMs }: BadSignature): Question {
  const anchors = trust.anchors.anchors.map(({ certificate }) => certificate.bytes);
  return { content, signature, anchors, lists: trust.crls.map(({ bytes }) => bytes), nowMs };
}

const judge = new Judge();
const verdicts = new Map<string, readonly Verdict[]>();
for (const fixture of badFixtures) {
  const made = fixture.make();
  const result = verifyDetached({ ...made, profile: 'codeSigning' });
  if (result.ok || result.code !== fixture.code) throw new Error(`${fixture.id} is not refused with ${fixture.code}.`);
  const found: Verdict[] = [];
  for (const peer of peers.keys()) found.push(await judge.ask(peer, questionOf(made)));
  verdicts.set(fixture.id, found);
  process.stdout.write(`${fixture.id}: ${found.join(' ')}\n`);
}
await judge.close();
await mkdir(new URL('../../docs/', import.meta.url), { recursive: true });
const target = new URL('../../docs/trust-checklist.md', import.meta.url);
await writeFile(target, writeChecklist(trustCodes(), badFixtures, peers, verdicts, badTrustFiles));
