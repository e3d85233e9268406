import { refusing } from '../refusal.ts';
import { withinBudget } from '../x509/signature-budget.ts';
import { checkSigner, digestsOf } from './check-signer.ts';
import { readSignedData } from './read-signed-data.ts';

/**
 * Whether a detached signature is over exactly these bytes, by the certificates that it carries itself. Nobody is asked
 * whom to believe: this tells bytes that belong together from bytes that do not, and says of no signature that it counts.
 */
export function isSignedContent(content: Uint8Array, signature: Uint8Array): boolean {
  const result = withinBudget(() =>
    refusing(() => {
      const data = readSignedData(signature);
      const digestOf = digestsOf(content);
      for (const signer of data.signers) checkSigner(signer, data, digestOf);
      return { isOver: data.content === null && data.signers.length > 0 };
    }),
  );
  return result.ok && result.isOver;
}
