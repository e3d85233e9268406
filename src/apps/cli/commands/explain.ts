/** `themis explain`: what a kind or a field means, from its schema; `explain verdict`: why a gate said what it said. */
import { explain } from '../../../desired/schema/explain.ts';
import { kinds, schemaOf } from '../../../desired/schema/schemas.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { explainText } from '../../../report/explain.ts';
import type { Command } from '../command.ts';
import { paintFor } from '../paint.ts';
import { outputOption } from '../output-option.ts';

export const explainCommand: Command = {
  name: 'explain',
  group: 'Help',
  summary: 'say what a kind or a field means, or why a gate said what it said',
  arguments: [
    { name: 'KIND[.PATH]', summary: 'Fleet, Rollout.spec.stages, ...; or verdict; without it: the list of kinds' },
    { name: 'ID', summary: 'of the verdict; without it: the latest' },
  ],
  options: [outputOption],
  examples: [
    { line: 'themis explain Rollout', summary: 'a kind and its fields' },
    { line: 'themis explain Rollout.spec.stages.bake', summary: 'one field' },
    { line: 'themis explain verdict', summary: 'the latest answers of gates' },
    { line: 'themis explain verdict 3f6c0a19d2b84e71', summary: 'one of them, with its numbers, judged again' },
  ],
  async run(session, input) {
    const query = input.argument('KIND[.PATH]');
    const isJson = input.text('output') === 'json';
    const id = input.argument('ID');
    if (query === 'verdict') {
      // Needs the whole fleet; a page of the schema does not.
      const { explainVerdict } = await import('../fleet/explain-verdict.ts');
      return await explainVerdict(session, id, isJson);
    }
    if (id !== undefined) throw new ThemisError('USAGE', `"${id}" is one word too many after ${query ?? 'explain'}.`);
    if (query === undefined) {
      const list = kinds.map((kind) => ({ kind, description: schemaOf(kind).description ?? '' }));
      const width = Math.max(...kinds.map((kind) => kind.length));
      const lines = list.map(({ kind, description }) => `${kind.padEnd(width)}  ${description}`);
      session.out.write(isJson ? `${JSON.stringify(list, null, 2)}\n` : `${lines.join('\n')}\n`);
      return exitCode.done;
    }
    const found = explain(query);
    if (found.kind === 'unknown') {
      const where =
        found.below === '' ? `There is no kind "${found.at}".` : `${found.below} has no field "${found.at}".`;
      const list = found.choices.length === 0 ? 'It has no fields.' : `Known are ${found.choices.join(', ')}.`;
      throw new ThemisError('USAGE', where, { hint: found.near === undefined ? list : `Did you mean ${found.near}?` });
    }
    session.out.write(
      isJson ? `${JSON.stringify(found.page, null, 2)}\n` : explainText(found.page, paintFor(session.out)),
    );
    return exitCode.done;
  },
};
