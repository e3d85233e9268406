import { didYouMean } from '../../../kernel/did-you-mean.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { Desired, DesiredDatabase } from '../../../model/desired.ts';

/** Those that `--database` names; all without. USAGE for a name that is none. */
export function chosenDatabases({ databases }: Desired, name: string | undefined): readonly DesiredDatabase[] {
  if (name === undefined) return databases;
  const found = databases.find((database) => database.name === name);
  if (found !== undefined) return [found];
  const near = didYouMean(
    name,
    databases.map((database) => database.name),
  );
  const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
  throw new ThemisError('USAGE', `There is no Database named "${name}".`, hint);
}
