/**
 * YAML text to Desired, or to everything that is wrong with it: syntax, schema, rules, all in one go. Pure: files
 * come in as text. What has an error gives no Desired, because half of a desired state means something else.
 */
import { compareText, hasErrors, type Finding } from '../kernel/finding.ts';
import type { SourceFile } from '../kernel/document/source-text.ts';
import type { Desired } from '../model/desired.ts';
import { locator, sortedFindings } from './locate-findings.ts';
import { normalise } from './normalise.ts';
import type { Problem } from './problem.ts';
import { rules } from './rules/index.ts';
import { checkSchema } from './schema/check-schema.ts';
import type { Kind } from './schema/schemas.ts';
import { collectSources } from './sources.ts';
import { parseYaml } from './yaml/parse-yaml.ts';
import { findSecrets, type PlainSecret } from './yaml/secrets.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';

/** `findings` are sorted by place. `desired` is undefined when one of them is an error. */
export function parseDesired(files: readonly SourceFile[]): {
  readonly desired: Desired | undefined;
  readonly findings: readonly Finding[];
} {
  const problems: Problem[] = [];
  const secrets = new Map<string, readonly PlainSecret[]>();
  const byKind = new Map<Kind, YamlDocument[]>();
  const unclear: YamlDocument[] = [];
  let complete = true;
  for (const file of [...files].sort((a, b) => compareText(a.path, b.path))) {
    const found = findSecrets(file.text);
    if (found.length > 0) secrets.set(file.path, found);
    problems.push(...found.map((secret) => secretProblem(file.path, secret)));
    const yaml = parseYaml(file);
    problems.push(...yaml.problems);
    complete &&= yaml.complete;
    for (const document of yaml.documents) {
      const { known, problems: wrong } = checkSchema(document);
      problems.push(...wrong);
      if (known === undefined) {
        unclear.push(document);
        continue;
      }
      const list = byKind.get(known.kind);
      if (list === undefined) byKind.set(known.kind, [document]);
      else list.push(document);
    }
  }
  const documents = (kind: Kind): readonly YamlDocument[] => byKind.get(kind) ?? [];
  for (const rule of rules) problems.push(...rule.check({ documents, complete, unclear }));
  const { finding, span } = locator(files, secrets);
  const findings = sortedFindings(problems.map(finding));
  if (hasErrors(findings)) return { desired: undefined, findings };
  return { desired: normalise(documents, collectSources(documents, span)), findings };
}

function secretProblem(file: string, { what, range }: PlainSecret): Problem {
  return {
    code: 'THM1250',
    summary: `This file holds ${what} in plain text.`,
    fix: 'Write { env: NAME } or { file: path } where a secret belongs, and revoke this one: it is in the history of the file.',
    at: { file, range },
  };
}
