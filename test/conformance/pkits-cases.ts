/**
 * The cases of NIST PKITS as they lie in the shared conformance data: every path of `vectors.json`, and every message of
 * `smime/` once per vector of its test (a test may have parts with other initial policies). Read only; judged elsewhere.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anyPolicy } from '../../src/trust/x509/policies/read-policies.ts';
import type { InitialPolicies } from '../../src/trust/x509/policies/policy-graph.ts';

export interface PkitsCase {
  /** `path 4.1.1 ...` or `smime 4.1.1 ...`. */
  readonly id: string;
  /** Number of the test in the PKITS document, parts left out: `4.1.1`. */
  readonly test: string;
  /** What of the directory it comes from: a vector by its name, a message by its file. */
  readonly source: string;
  readonly shouldValidate: boolean;
  readonly policies: InitialPolicies;
  readonly material: PathMaterial | MessageMaterial;
}

export interface PathMaterial {
  readonly kind: 'path';
  /** Anchor first, leaf last; between them also certificates that only sign lists. */
  readonly certificates: readonly Uint8Array[];
  readonly lists: readonly Uint8Array[];
}

export interface MessageMaterial {
  readonly kind: 'smime';
  readonly anchor: Uint8Array;
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
}

interface Vector {
  readonly Name: string;
  readonly CertPath: readonly string[];
  readonly CRLPath: readonly string[];
  readonly ShouldValidate: boolean;
  readonly InitialPolicySet: readonly string[];
  readonly InitialPolicyMappingInhibit: boolean;
  readonly InitialExplicitPolicy: boolean;
  readonly InitialAnyPolicyInhibit: boolean;
}

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Of the shared conformance data; null where this machine has none. */
export function pkitsDirectory(): string | null {
  const root = process.env['THEMIS_CONFORMANCE'] ?? join(project, '../shared/conformance');
  const directory = resolve(project, root, 'pkits');
  return existsSync(join(directory, 'vectors.json')) ? directory : null;
}

/** What the directory holds, counted without reading it as cases: a run over fewer has skipped something. */
export function countHeld(directory: string): number {
  const vectors = readFileSync(join(directory, 'vectors.json'), 'utf8').match(/"ShouldValidate":/gu)?.length ?? 0;
  return vectors + readdirSync(join(directory, 'smime')).length;
}

export function readPkitsCases(directory: string): readonly PkitsCase[] {
  const vectors = JSON.parse(readFileSync(join(directory, 'vectors.json'), 'utf8')) as readonly Vector[];
  const paths = vectors.map((vector) => caseOf(vector, `path ${vector.Name}`, pathMaterial(directory, vector)));
  const messages = messageFiles(directory).flatMap((file) => {
    const material = messageMaterial(directory, file);
    return vectors
      .filter(({ Name }) => fold(titleOf(Name)) === fold(file.replace(/^Signed|\.eml$/gu, '')))
      .map((vector) => caseOf(vector, `smime ${file}`, material));
  });
  return [...paths, ...messages];
}

function messageFiles(directory: string): readonly string[] {
  return readdirSync(join(directory, 'smime'))
    .filter((file) => file.endsWith('.eml'))
    .toSorted();
}

function caseOf(vector: Vector, source: string, material: PathMaterial | MessageMaterial): PkitsCase {
  return {
    id: `${material.kind} ${vector.Name}`,
    test: /^4\.\d+\.\d+/u.exec(vector.Name)![0],
    source,
    shouldValidate: vector.ShouldValidate,
    policies: {
      acceptable: vector.InitialPolicySet.map(policyOf),
      requireExplicit: vector.InitialExplicitPolicy,
      inhibitMapping: vector.InitialPolicyMappingInhibit,
      inhibitAny: vector.InitialAnyPolicyInhibit,
    },
    material,
  };
}

function policyOf(name: string): string {
  if (name === 'anyPolicy') return anyPolicy;
  return `2.16.840.1.101.3.2.1.48.${/^NIST-test-policy-(\d+)$/u.exec(name)![1]}`;
}

/** Without number and part. */
function titleOf(name: string): string {
  return name.replace(/^[\d.]+ /u, '').replace(/ \(Subpart \d+\)$/u, '');
}

function fold(title: string): string {
  return title.replaceAll(/[^A-Za-z0-9]/gu, '').toLowerCase();
}

function pathMaterial(directory: string, { CertPath, CRLPath }: Vector): PathMaterial {
  return {
    kind: 'path',
    certificates: CertPath.map((file) => readFileSync(join(directory, 'certs', file))),
    lists: CRLPath.map((file) => readFileSync(join(directory, 'crls', file))),
  };
}

/** multipart/signed (RFC 8551): the first part as it stands, with the line ends of mail, is what was signed. */
function messageMaterial(directory: string, file: string): MessageMaterial {
  const text = readFileSync(join(directory, 'smime', file), 'latin1').replaceAll('\r\n', '\n');
  const boundary = /boundary="([^"]+)"/u.exec(text)![1]!;
  const [, content, signature] = text.split(`\n--${boundary}`);
  const base64 = signature!.slice(signature!.indexOf('\n\n')).replaceAll(/\s/gu, '');
  return {
    kind: 'smime',
    anchor: readFileSync(join(directory, 'certs', 'TrustAnchorRootCertificate.crt')),
    content: Buffer.from(content!.replace(/^\n/u, '').replaceAll('\n', '\r\n'), 'latin1'),
    signature: Buffer.from(base64, 'base64'),
  };
}
