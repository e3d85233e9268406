/** `npm run peers`: runs every bad fixture through Themis and other implementations and writes `docs/trust-checklist.md`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { trustCodes } from '../../src/trust/refusal.ts';
import { parseCertificateList } from '../../src/trust/x509/certificate-list.ts';
import type { BadSignature } from '../support/trust/bad-fixture.ts';
import { badTrustFiles } from '../support/trust/bad-trust-files.ts';
import { badFixtures } from '../support/trust/index.ts';
import { onPath, rootList } from '../support/trust/path-stage.ts';
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

async function compare(id: string, question: Question): Promise<void> {
  const found: Verdict[] = [];
  for (const peer of peers.keys()) found.push(await judge.ask(peer, question));
  verdicts.set(id, found);
  process.stdout.write(`${id}: ${found.join(' ')}\n`);
}

for (const fixture of badFixtures) {
  const made = fixture.make();
  const result = verifyDetached({ ...made, profile: 'codeSigning' });
  if (result.ok || result.code !== fixture.code) throw new Error(`${fixture.id} is not refused with ${fixture.code}.`);
  await compare(fixture.id, questionOf(made));
}
// Themis reads no such list, so that it never comes to a signature: what others do with a right one beside it.
const beside = questionOf(onPath({ lists: [rootList()] }));
for (const file of badTrustFiles.filter(({ kind }) => kind === 'list')) {
  const bytes = file.make();
  const parsed = parseCertificateList(bytes);
  if (parsed.ok || parsed.code !== file.code) throw new Error(`${file.id} is not refused with ${file.code}.`);
  await compare(file.id, { ...beside, lists: [...beside.lists, bytes] });
}
await judge.close();
await mkdir(new URL('../../docs/', import.meta.url), { recursive: true });
const target = new URL('../../docs/trust-checklist.md', import.meta.url);
await writeFile(target, writeChecklist(trustCodes(), badFixtures, peers, verdicts, badTrustFiles));
