import { didYouMean } from '../../../kernel/did-you-mean.ts';
import { ThemisError } from '../../../kernel/error.ts';

/** A tenant was named on the command line that the fleet does not have. */
export function unknownTenant(name: string, known: readonly string[]): ThemisError {
  const near = didYouMean(name, known);
  let hint = near === undefined ? `Known are: ${known.slice(0, 8).join(', ')}.` : `Did you mean ${near}?`;
  if (known.length === 0) hint = 'The fleet has no tenants.';
  return new ThemisError('USAGE', `There is no tenant named "${name}".`, { hint });
}
