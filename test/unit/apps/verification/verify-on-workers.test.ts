import { afterEach, describe, expect, test } from 'vitest';
import { openCompute } from '../../../../src/adapters/compute/index.ts';
import { openWorkers } from '../../../../src/apps/worker/open-workers.ts';
import { tasks, type WorkerTasks } from '../../../../src/apps/worker/tasks/index.ts';
import { verifyOnWorkers } from '../../../../src/apps/verification/verify-on-workers.ts';
import type { Compute } from '../../../../src/ports/compute.ts';
import { verifyDetached, type VerifyInput } from '../../../../src/trust/cms/verify-detached.ts';
import { openPolicies } from '../../../../src/trust/x509/policies/policy-graph.ts';
import * as pki from '../../../support/pki.ts';
import { testTrust } from '../../../support/releases.ts';

const content = Buffer.from('content');
const signature = pki.signedData(content);
const input: VerifyInput = { content, signature, trust: testTrust(), nowMs: pki.nowMs, profile: 'codeSigning' };

const opened: Compute<WorkerTasks>[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((compute) => compute.close()));
});

describe.each([
  ['worker threads', () => openWorkers(2)],
  ['inline', () => openCompute<WorkerTasks>({ kind: 'inline', tasks })],
])('verification on workers: %s', (_, open) => {
  function verifier(hereFirst = 0) {
    const compute = open();
    opened.push(compute);
    return verifyOnWorkers(compute, hereFirst);
  }

  test('answers what the thread itself answers, yes and no', async () => {
    const verify = verifier();
    const others = [pki.rootCertificate({ key: pki.keyPair('stranger') })];
    const questions: VerifyInput[] = [
      input,
      { ...input, content: Buffer.from('other') },
      { ...input, signature: signature.subarray(0, 100) },
      { ...input, nowMs: Date.UTC(2030, 0, 1) },
      { ...input, trust: testTrust(others) },
      { ...input, trust: testTrust([pki.rootCertificate()], 2) },
      { ...input, policies: { ...openPolicies, requireExplicit: true } },
      input,
    ];
    const answers = await Promise.all(questions.map(async (question) => await verify(question)));
    expect(answers).toEqual(questions.map(verifyDetached));
    expect(new Set(answers.map((answer) => (answer.ok ? 'ok' : answer.code))).size).toBe(7);
  });

  test('leaves the bytes it was given alone, and takes nothing that lies beside them', async () => {
    const slab = Buffer.concat([Buffer.alloc(5), content, Buffer.alloc(5)]);
    const view = slab.subarray(5, 5 + content.length);
    expect(await verifier()({ ...input, content: view })).toMatchObject({ ok: true });
    expect(view.toString()).toBe('content');
  });
});

test('the first are verified on this thread, and no worker is asked', async () => {
  const asked: string[] = [];
  const inline = openCompute<WorkerTasks>({ kind: 'inline', tasks });
  const compute: Compute<WorkerTasks> = {
    ...inline,
    run: async (task, question) => {
      asked.push(task);
      return inline.run(task, question);
    },
  };
  const verify = verifyOnWorkers(compute, 3);
  for (let turn = 0; turn < 5; turn += 1) expect(await verify(input)).toMatchObject({ ok: true });
  expect(asked).toEqual(['verify-signature', 'verify-signature']);
});
