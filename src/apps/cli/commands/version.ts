import { exitCode } from '../../../kernel/exit-code.ts';
import type { Command } from '../command.ts';
import { outputOption } from '../output-option.ts';

export const versionCommand: Command = {
  name: 'version',
  group: 'Help',
  summary: 'print the version of Themis, of Node.js and of the formats it reads and writes',
  arguments: [],
  options: [outputOption],
  examples: [{ line: 'themis version -o json', summary: 'for scripts' }],
  run(session, input) {
    const versions = { themis: session.themisVersion, node: session.runtimeVersion, planFormat: '1.0', wire: '1.0' };
    session.out.write(
      input.text('output') === 'json'
        ? `${JSON.stringify(versions)}\n`
        : `themis ${versions.themis} (node ${versions.node}, plan format ${versions.planFormat}, wire ${versions.wire})\n`,
    );
    return Promise.resolve(exitCode.done);
  },
};
