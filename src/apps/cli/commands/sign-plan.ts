/** `themis sign-plan`: a reviewer signs the plan that was reviewed, and a second one signs beside. */
import { dirname, resolve } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { parsePlan, refusedPlanExitCode } from '../../../plan/parse-plan.ts';
import { signFile } from '../../../release/sign-file.ts';
import type { Command } from '../command.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import { withLock } from '../releases/release-lock.ts';
import { cosignOption } from '../reading/release-input.ts';
import { readSavedPlan } from '../reading/signed-plan.ts';
import { requiredSignerOf, signerOptions } from '../reading/signer-input.ts';

export const signPlanCommand: Command = {
  name: 'sign-plan',
  group: 'Plan and apply',
  summary: 'sign a saved plan, for `themis apply FILE --anchors`',
  arguments: [{ name: 'FILE', summary: 'plan file of `themis plan --out`', required: true }],
  options: [...signerOptions, cosignOption],
  examples: [
    {
      line: 'themis sign-plan release.themisplan --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'writes release.themisplan.p7s',
    },
  ],
  async run(session, input) {
    const file = input.argument('FILE')!;
    const path = resolve(session.directory, file);
    const files = createNodeFileSystem();
    const signer = await requiredSignerOf(session, input);
    return withLock(session, files, dirname(path), async () => {
      const { bytes, text } = await readSavedPlan(session, input, file);
      const parsed = parsePlan(text, file);
      if ('findings' in parsed) {
        printFindings(session, parsed.findings);
        return refusedPlanExitCode(parsed.findings);
      }
      const options = { nowMs: session.clock.nowMs(), cosign: input.flag('cosign') };
      await signFile(files, path, bytes, signer, options);
      if (session.verbosity !== 'quiet') session.out.write(`Signed plan ${parsed.plan.planDigest}: ${file}.p7s\n`);
      return exitCode.done;
    });
  },
};
