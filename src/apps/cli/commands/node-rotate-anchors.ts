import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseLimits } from '../../../model/release-format/layout.ts';
import { openNode } from '../../../node/context.ts';
import { rotateAnchors } from '../../../node/trust/rotate-anchors.ts';
import { anchorsLimitBytes } from '../../../trust/policy/anchors.ts';
import { createNodeDeps } from '../../agent/node-deps.ts';
import type { Command } from '../command.ts';
import { rootOf, rootOption } from '../own-node.ts';

export const nodeRotateAnchorsCommand: Command = {
  name: 'node rotate-anchors',
  group: 'Nodes',
  summary: 'put other trust anchors in place of the present ones, which have to have signed for them',
  arguments: [],
  options: [
    rootOption,
    {
      name: '--document',
      value: 'FILE',
      summary: 'the new anchors document, with FILE.p7s beside it as release sign-anchors writes it',
      required: true,
      variable: false,
    },
  ],
  examples: [
    {
      line: 'themis node rotate-anchors --document anchors-2.json --root /srv/db',
      summary: 'refused unless enough of the present anchors signed it',
    },
  ],
  async run(session, input) {
    const document = resolve(session.directory, input.text('document')!);
    if (!existsSync(document)) throw new ThemisError('NOT_FOUND', `${document} does not exist.`);
    const context = await openNode(createNodeDeps(rootOf(session, input), session.clock));
    const { version, signers } = await rotateAnchors(context, {
      bytes: readSmall(document, anchorsLimitBytes),
      signature: existsSync(`${document}.p7s`) ? readSmall(`${document}.p7s`, releaseLimits.signatureBytes) : null,
    });
    session.out.write(
      `Node ${context.config.name} believes the anchors of version ${version}, signed for by ${signers.join(' and ')}.\n`,
    );
    return exitCode.done;
  },
};

function readSmall(path: string, limitBytes: number): Uint8Array {
  if (statSync(path).size > limitBytes) throw new ThemisError('ANCHORS_INVALID', `${path} is too large.`);
  return readFileSync(path);
}
