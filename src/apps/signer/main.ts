/**
 * Themis's own signer program: keys in a PKCS#11 token, over the protocol of docs/exec-signer.md. A process of its own, so
 * that neither the command line nor a node ever loads a module of others. Started as
 * `main.ts --module FILE --token LABEL --key LABEL --certificate FILE [--pin-file FILE] [--pss]`, the PIN in
 * THEMIS_PKCS11_PIN or in the file. It answers line by line until stdin ends.
 */
import { parseArgs } from 'node:util';
import { ThemisError } from '../../kernel/error.ts';
import { LineSplitter } from '../../wire/line-splitter.ts';
import {
  decodeSignerRequest,
  encodeSignerLine,
  type SignerAnswer,
  signerLineLimitBytes,
  signerVersion,
} from '../../wire/signer-message.ts';
import { describeToken, signWithToken, type TokenKey } from './token-key.ts';

async function main(): Promise<void> {
  const key = readArguments();
  const lines = new LineSplitter(signerLineLimitBytes);
  // One after the other: a token has one session for us, and a wrong PIN has to be known before the next use of it.
  for await (const chunk of process.stdin) {
    for (const line of lines.push(chunk as Buffer)) process.stdout.write(encodeSignerLine(await answer(key, line)));
  }
}

async function answer(key: TokenKey, line: string): Promise<SignerAnswer> {
  let id = 0;
  try {
    const request = decodeSignerRequest(line);
    ({ id } = request);
    if (request.kind === 'describe') return { signerVersion, id, kind: 'description', ...describeToken(key) };
    const signature = await signWithToken(key, request.algorithm, Uint8Array.fromBase64(request.bytes));
    return { signerVersion, id, kind: 'signature', signature: signature.toBase64() };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    const { reason, message, hint } = error;
    const code = reason ?? (error.code === 'POLICY_REFUSED' ? 'REFUSED' : error.code);
    return { signerVersion, id, kind: 'error', code, message, ...(hint === undefined ? {} : { hint }) };
  }
}

function readArguments(): TokenKey {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      module: text,
      token: text,
      key: text,
      certificate: text,
      'pin-file': text,
      pss: { type: 'boolean' },
    },
  });
  const { module = '', token = '', key = '', certificate = '', 'pin-file': pinFile, pss = false } = values;
  return { module, token, key, certificate, pinFile, pss };
}

await main();
