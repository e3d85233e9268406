import { refuse, type TrustCode } from '../refusal.ts';

const block = /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n)?$/u;

/** Exactly one certificate and nothing around it (RFC 7468, strict). Refuses with `code`. */
export function decodeCertificatePem(text: string, code: TrustCode): Uint8Array {
  const match = block.exec(text);
  if (match === null) return refuse(code, 'The certificate is not one PEM block.');
  try {
    return Uint8Array.fromBase64(match[1]!.replaceAll(/[\r\n]/gu, ''), { lastChunkHandling: 'strict' });
  } catch {
    return refuse(code, 'The certificate is not valid Base64.');
  }
}
