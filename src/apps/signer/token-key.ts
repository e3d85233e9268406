/**
 * A key in a token, by its label: found, used and checked. The order spares the PIN: what can be known without it (module,
 * token, its flags) is asked first, it is tried once before anything is signed, and a refusal ends everything. The key is
 * then used by its ID, because pkcs11-tool up to 0.23 signs with any key when it is given a label.
 */
import { createHash, verify, type X509Certificate, constants } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  algorithmOfKey,
  parseChain,
  readSignerFile,
  refuseShared,
  signingKeys,
} from '../../adapters/signer/signer-files.ts';
import { hashOfAlgorithm, type SigningAlgorithm } from '../../model/signing.ts';
import { ecdsaToDer } from './ecdsa-der.ts';
import { runPkcs11Tool } from './pkcs11-tool.ts';
import { refuseToSign } from './signer-refusal.ts';
import { parsePrivateKeys, parseTokens, type PrivateKey, type Token } from './token-text.ts';

export interface TokenKey {
  /** Path of the PKCS#11 module, or a name the system's loader finds. */
  readonly module: string;
  readonly token: string;
  readonly key: string;
  readonly certificate: string;
  readonly pinFile: string | undefined;
  readonly pss: boolean;
}

/** From the certificate alone; the token is not touched. */
export function describeToken(key: TokenKey): { readonly algorithm: SigningAlgorithm; readonly certificates: string } {
  const chain = chainOf(key);
  return { algorithm: algorithmFor(key, chain[0]!), certificates: chain.map(String).join('') };
}

export async function signWithToken(
  key: TokenKey,
  algorithm: SigningAlgorithm,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const certificate = chainOf(key)[0]!;
  if (algorithmFor(key, certificate) !== algorithm)
    return refuseToSign('POLICY_REFUSED', 'KEY_MISMATCH', `The key does not sign with ${algorithm}.`);
  if (key.module.includes('/') && !existsSync(key.module)) {
    refuseToSign(
      'NOT_FOUND',
      'MODULE_INVALID',
      `There is no PKCS#11 module ${key.module}.`,
      'Name the module of your token: for SoftHSM /usr/lib/softhsm/libsofthsm2.so.',
    );
  }
  const token = findToken(key, parseTokens(await runPkcs11Tool(key.module, ['--list-slots'])));
  const pin = pinFor(key, token);
  const slot = ['--slot', token.slot];
  const listed = await runPkcs11Tool(key.module, [...slot, '--list-objects', '--type', 'privkey'], pin);
  const id = findKey(key, algorithm, parsePrivateKeys(listed));
  const signature = await signById(key.module, [...slot, '--id', id], algorithm, bytes, pin);
  checkSignature(key, certificate, algorithm, bytes, signature);
  return signature;
}

function chainOf(key: TokenKey): X509Certificate[] {
  return parseChain(readSignerFile(key.certificate, 'certificate'), key.certificate);
}

function algorithmFor(key: TokenKey, certificate: X509Certificate): SigningAlgorithm {
  return (
    algorithmOfKey(certificate.publicKey, key.pss) ??
    refuseToSign(
      'POLICY_REFUSED',
      'CERTIFICATE_INVALID',
      `The key of the first certificate in ${key.certificate} is not ${signingKeys}.`,
    )
  );
}

function findToken({ token: label, module }: TokenKey, tokens: readonly Token[]): Token {
  const [found, another] = tokens.filter((token) => token.label === label);
  if (another !== undefined) {
    refuseToSign('POLICY_REFUSED', 'TOKEN_AMBIGUOUS', `${module} holds several tokens "${label}".`, 'Remove one.');
  }
  if (found !== undefined) return found;
  const labels = tokens.flatMap((token) => (token.label === null ? [] : [`"${token.label}"`]));
  const present = labels.length === 0 ? 'no token that is initialised' : labels.join(', ');
  return refuseToSign(
    'NOT_FOUND',
    'TOKEN_MISSING',
    `There is no token "${label}" at ${module}; present: ${present}.`,
    'Insert the token, or correct --token. A token that was wiped needs a new key and a new certificate.',
  );
}

/** undefined where the token asks for none. */
function pinFor(key: TokenKey, { flags, label }: Token): string | undefined {
  if (flags.includes('user PIN locked')) {
    refuseToSign(
      'POLICY_REFUSED',
      'PIN_LOCKED',
      `The PIN of token "${label}" is locked.`,
      'Unlock it with the SO PIN: softhsm2-util, or the tool of its maker.',
    );
  }
  if (!flags.includes('login required')) return undefined;
  const pin = readPin(key.pinFile);
  if (pin === '' || /\p{Cc}/u.test(pin)) {
    return refuseToSign(
      'POLICY_REFUSED',
      'PIN_MISSING',
      pin === '' ? `Token "${label}" needs a PIN.` : 'The PIN is more than one line.',
      'Set THEMIS_PKCS11_PIN, or name a file that only you can read with --pin-file.',
    );
  }
  if (flags.includes('final user PIN try'))
    process.stderr.write(`token "${label}": this is the last try before its PIN is locked\n`);
  return pin;
}

function readPin(file: string | undefined): string {
  if (file === undefined) return process.env['THEMIS_PKCS11_PIN'] ?? '';
  refuseShared(file, 'The PIN in');
  return readSignerFile(file, 'PIN file').replace(/\r?\n$/u, '');
}

const keyTypes: Readonly<Record<SigningAlgorithm, string>> = {
  'rsa-sha256': 'RSA',
  'rsa-pss-sha256': 'RSA',
  'ecdsa-p256-sha256': 'EC',
  'ecdsa-p384-sha384': 'EC',
  ed25519: 'EC_EDWARDS',
};

/** Its ID. */
function findKey({ key: label, token }: TokenKey, algorithm: SigningAlgorithm, keys: readonly PrivateKey[]): string {
  const labelled = keys.filter((key) => key.label === label);
  if (labelled.length === 0) {
    const present = keys.map((key) => `"${key.label}"`).join(', ') || 'none';
    refuseToSign(
      'NOT_FOUND',
      'KEY_MISSING',
      `Token "${token}" holds no private key "${label}"; present: ${present}.`,
      'With --pkcs11, --key is the label of the key in the token.',
    );
  }
  const [found, another] = labelled.filter((key) => key.type === keyTypes[algorithm]);
  if (found === undefined) {
    return refuseToSign(
      'POLICY_REFUSED',
      'KEY_MISMATCH',
      `Key "${label}" of token "${token}" is ${labelled[0]!.type}; the certificate is for ${algorithm}.`,
      'Name the certificate of this key with --certificate.',
    );
  }
  const isShared = keys.filter((key) => key.id === found.id).length > 1;
  if (another !== undefined || found.id === null || isShared) {
    return refuseToSign(
      'POLICY_REFUSED',
      'KEY_AMBIGUOUS',
      `Key "${label}" of token "${token}" cannot be told from others by its label and ID.`,
      'Give it a label and an ID of its own: pkcs11-tool --login --type privkey --set-id HEX.',
    );
  }
  return found.id;
}

async function signById(
  module: string,
  key: readonly string[],
  algorithm: SigningAlgorithm,
  bytes: Uint8Array,
  pin: string | undefined,
): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'themis-signer-'));
  const [input, output] = [join(directory, 'input'), join(directory, 'signature')];
  try {
    await writeFile(input, inputOf(algorithm, bytes));
    const files = ['--input-file', input, '--output-file', output];
    await runPkcs11Tool(module, [...key, '--sign', ...mechanisms[algorithm], ...files], pin);
    const signature = new Uint8Array(await readFile(output));
    return algorithm.startsWith('ecdsa') ? ecdsaToDer(signature) : signature;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The token hashes for RSA; ECDSA is over the digest, Ed25519 over the bytes. */
const mechanisms: Readonly<Record<SigningAlgorithm, readonly string[]>> = {
  'rsa-sha256': ['--mechanism', 'SHA256-RSA-PKCS'],
  'rsa-pss-sha256': ['--mechanism', 'SHA256-RSA-PKCS-PSS', '--mgf', 'MGF1-SHA256', '--salt-len', '32'],
  'ecdsa-p256-sha256': ['--mechanism', 'ECDSA'],
  'ecdsa-p384-sha384': ['--mechanism', 'ECDSA'],
  ed25519: ['--mechanism', 'EDDSA'],
};

function inputOf(algorithm: SigningAlgorithm, bytes: Uint8Array): Uint8Array {
  const hash = hashOfAlgorithm[algorithm];
  return algorithm.startsWith('ecdsa') && hash !== null ? createHash(hash).update(bytes).digest() : bytes;
}

function checkSignature(
  { key: label, token, certificate: file }: TokenKey,
  certificate: X509Certificate,
  algorithm: SigningAlgorithm,
  bytes: Uint8Array,
  signature: Uint8Array,
): void {
  const { publicKey } = certificate;
  const options =
    algorithm === 'rsa-pss-sha256'
      ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : publicKey;
  if (verify(hashOfAlgorithm[algorithm], bytes, options, signature)) return;
  refuseToSign(
    'POLICY_REFUSED',
    'KEY_MISMATCH',
    `Key "${label}" of token "${token}" does not belong to the first certificate in ${file}.`,
    'Name the certificate of this key with --certificate, or the key of this certificate with --key.',
  );
}
