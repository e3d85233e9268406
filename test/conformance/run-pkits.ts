/** Judges PKITS cases with the verifier a node uses, under the `rfc5280` profile: no purpose, revocation required. */
import { ThemisError } from '../../src/kernel/error.ts';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { type AnchorSet, parseAnchors } from '../../src/trust/policy/anchors.ts';
import { readCertificate } from '../../src/trust/x509/certificate.ts';
import { readCertificateList } from '../../src/trust/x509/certificate-list.ts';
import { findPath } from '../../src/trust/x509/find-path.ts';
import { pem } from '../support/pki.ts';
import { exceptionFor } from './pkits-exceptions.ts';
import type { MessageMaterial, PathMaterial, PkitsCase } from './pkits-cases.ts';

export const pkitsNowMs = Date.UTC(2026, 0, 1);

export interface PkitsSummary {
  readonly cases: number;
  /** Vectors and messages that had a part in it. */
  readonly sources: number;
  readonly wrongAccepts: readonly string[];
  readonly wrongRejects: readonly string[];
  /** With the reason. */
  readonly excepted: readonly string[];
}

export function runPkits(cases: readonly PkitsCase[]): PkitsSummary {
  const wrongAccepts: string[] = [];
  const wrongRejects: string[] = [];
  const excepted: string[] = [];
  for (const one of cases) {
    const code = judge(one);
    if (one.shouldValidate === (code === 'ok')) continue;
    const reason = code === 'ok' ? undefined : exceptionFor(one, code);
    if (reason !== undefined) excepted.push(`${one.id}: ${code}: ${reason}`);
    else (code === 'ok' ? wrongAccepts : wrongRejects).push(`${one.id}: ${code}`);
  }
  const sources = new Set(cases.map(({ source }) => source)).size;
  return { cases: cases.length, sources, wrongAccepts, wrongRejects, excepted };
}

/** Nothing wrong, and nothing of the directory left out. */
export function isConformant(summary: PkitsSummary, held: number): boolean {
  return summary.sources === held && summary.wrongAccepts.length + summary.wrongRejects.length === 0;
}

export function closingLine({ cases, wrongAccepts, wrongRejects, excepted }: PkitsSummary): string {
  return `${cases} cases, ${wrongAccepts.length} wrong accepts, ${wrongRejects.length} wrong rejects, ${excepted.length} excepted`;
}

/** `ok`, or the code of the refusal. Anything else thrown is a bug and goes on. */
export function judge({ material, policies }: PkitsCase): string {
  try {
    return material.kind === 'path' ? judgePath(material, policies) : judgeMessage(material, policies);
  } catch (error) {
    if (error instanceof ThemisError && error.reason !== undefined) return error.reason;
    throw error;
  }
}

function judgePath(material: PathMaterial, policies: PkitsCase['policies']): string {
  const [anchor, ...certificates] = material.certificates;
  const pool = certificates.map((bytes) => readCertificate(bytes));
  findPath({
    leaf: pool.at(-1)!,
    pool,
    anchors: anchorsOf(anchor!).anchors,
    lists: material.lists.map((bytes) => readCertificateList(bytes)),
    revocation: 'required',
    nowMs: pkitsNowMs,
    profile: 'rfc5280',
    policies,
  });
  return 'ok';
}

function judgeMessage({ anchor, content, signature }: MessageMaterial, policies: PkitsCase['policies']): string {
  const trust = { anchors: anchorsOf(anchor), crls: [] };
  const result = verifyDetached({ content, signature, trust, nowMs: pkitsNowMs, profile: 'rfc5280', policies });
  return result.ok ? 'ok' : result.code;
}

function anchorsOf(anchor: Uint8Array): AnchorSet {
  const file = {
    formatVersion: '1.0',
    threshold: 1,
    revocation: 'required',
    anchors: [{ name: 'NIST', certificate: pem(anchor) }],
  };
  const parsed = parseAnchors(Buffer.from(JSON.stringify(file)));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.anchors;
}
