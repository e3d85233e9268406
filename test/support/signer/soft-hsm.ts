/** A token of SoftHSM2 in a directory of its own, with keys made in it; where SoftHSM and OpenSC are installed. */
import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const modules = ['', '/x86_64-linux-gnu', '/aarch64-linux-gnu'].map(
  (where) => `/usr/lib${where}/softhsm/libsofthsm2.so`,
);
modules.push('/usr/lib64/pkcs11/libsofthsm2.so', '/opt/homebrew/lib/softhsm/libsofthsm2.so');

export const softHsmModule = modules.find((path) => existsSync(path)) ?? '';

const isThere = (tool: string): boolean => spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined;

export const hasSoftHsm = softHsmModule !== '' && isThere('softhsm2-util') && isThere('pkcs11-tool');
if (!hasSoftHsm) {
  console.warn('SoftHSM: not on this machine, signing with a token NOT TESTED; apt-get install softhsm2 opensc');
}

export const tokenPin = '648219';

export interface TestToken {
  readonly label: string;
  /** SOFTHSM2_CONF. */
  readonly configuration: string;
  /** Makes a key that never leaves the token; `type` as pkcs11-tool takes it: `EC:prime256v1`. Its public key in PEM. */
  makeKey(type: string, label: string, id: string): string;
  /** As if it had been pulled out or wiped. */
  wipe(): void;
}

export function makeToken(directory: string, label = 'releases'): TestToken {
  const tokens = join(directory, `tokens-${label}`);
  mkdirSync(tokens);
  const configuration = join(directory, `softhsm-${label}.conf`);
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const environment = { ...process.env, SOFTHSM2_CONF: configuration, TEST_PIN: tokenPin };
  const run = (program: string, ...line: string[]): string => {
    const ran = spawnSync(program, line, { env: environment, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`${program} ${line.join(' ')}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  run('softhsm2-util', '--init-token', '--free', '--label', label, '--so-pin', '99887766', '--pin', tokenPin);
  const tool = ['--module', softHsmModule, '--token-label', label, '--login', '--pin', 'env:TEST_PIN'];
  return {
    label,
    configuration,
    makeKey(type, name, id) {
      const made = ['--keypairgen', '--key-type', type, '--label', name, '--id', id, '--usage-sign'];
      const point = /EC_POINT: +04(?:41|61)04([0-9a-f]+)/u.exec(run('pkcs11-tool', ...tool, ...made))?.[1];
      if (point !== undefined) return pointPem(point);
      const file = join(directory, `${label}-${name}-${id}.pub`);
      run('pkcs11-tool', ...tool, '--read-object', '--type', 'pubkey', '--id', id, '--output-file', file);
      return publicPem(readFileSync(file));
    },
    wipe: () => rmSync(tokens, { recursive: true }),
  };
}

/** OpenSC 0.23 shows the point of a P-384 key but cannot write the key. */
function pointPem(point: string): string {
  const half = point.length / 2;
  const [x, y] = [point.slice(0, half), point.slice(half)].map((hex) => Buffer.from(hex, 'hex').toString('base64url'));
  const key = { kty: 'EC', crv: half === 64 ? 'P-256' : 'P-384', x: x!, y: y! };
  return createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' }) as string;
}

/** OpenSC writes DER for some keys and PEM for others. */
function publicPem(bytes: Buffer): string {
  if (bytes.toString('latin1').startsWith('-----')) return bytes.toString('latin1');
  return createPublicKey({ key: bytes, format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' }) as string;
}

/** A code-signing certificate for a public key, made as the README shows: from a day, by the authority of `keygen`. */
export function issueForPublicKey(directory: string, name: string, publicKey: string, ca: Authority): string {
  const [key, extensions, certificate] = ['pub', 'ext', 'pem'].map((end) => join(directory, `${name}.${end}`));
  writeFileSync(key!, publicKey);
  writeFileSync(extensions!, certificateExtensions);
  const line = ['x509', '-new', '-subj', `/CN=${name}`, '-force_pubkey', key!, '-extfile', extensions!, '-days', '30'];
  line.push('-CA', ca.certificate, '-CAkey', ca.key, '-out', certificate!);
  const ran = spawnSync('openssl', line, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return certificate!;
}

/** Files in PEM. */
export interface Authority {
  readonly key: string;
  readonly certificate: string;
}

const certificateExtensions = `basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;
