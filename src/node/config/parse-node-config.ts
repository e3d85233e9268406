/**
 * node.yaml text → NodeConfig or findings THM4001 to THM4009, all of them at once. Pure: the schema is given.
 * A broken node.yaml stops every request to the node, so each finding says where and what to write instead.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { didYouMean } from '../../kernel/did-you-mean.ts';
import type { Finding, FindingCode } from '../../kernel/finding.ts';
import { compareFindings } from '../../kernel/finding.ts';
import { codeFrame, lineStartsOf, spanOf } from '../../kernel/document/source-text.ts';
import type { SourceFile, TextRange } from '../../kernel/document/source-text.ts';
import type { NodeConfig, NodeDocument } from './node-config.ts';
import { normaliseNode } from './normalise-node.ts';

export type ParsedNodeConfig =
  | { readonly kind: 'config'; readonly config: NodeConfig }
  | { readonly kind: 'findings'; readonly findings: readonly Finding[] };

type Path = readonly (string | number)[];

const validators = new WeakMap<object, ValidateFunction>();

export function parseNodeConfig(file: SourceFile, root: string, schema: object): ParsedNodeConfig {
  const document = parseDocument(file.text, { lineCounter: new LineCounter(), merge: false, uniqueKeys: true });
  const report = reporter(file);
  for (const problem of document.errors) {
    const [start, end] = problem.pos;
    report.add('THM4001', problem.message.split('\n')[0] ?? 'Not YAML.', 'Correct the YAML.', {
      offset: start,
      length: end - start,
    });
  }
  if (report.findings.length > 0) return report.result();
  const value: unknown = document.toJS();
  const validate = validatorOf(schema);
  if (!validate(value)) {
    for (const error of validate.errors ?? []) {
      const problem = describe(error);
      if (problem === undefined) continue;
      report.add(problem.code, problem.summary, problem.fix, rangeOf(document, problem.path, problem.atKey));
    }
    return report.result();
  }
  const node = value as NodeDocument;
  for (const missing of missingServiceFields(node)) {
    report.add(
      'THM4007',
      `Service manager ${node.service.manager} needs service.${missing}.`,
      `Add "${missing}:" with a program and its arguments as a list.`,
      rangeOf(document, ['service', 'manager'], false),
    );
  }
  const config = normaliseNode(node, root);
  for (const name of overlapping(config)) {
    report.add(
      'THM4008',
      `directories.${name} and directories.install overlap.`,
      'Give each a directory of its own, side by side.',
      rangeOf(document, ['directories', name], false),
    );
  }
  // A release that reaches node.yaml itself says what runs on this machine.
  if (isWithin(root, config.directories.install)) {
    report.add(
      'THM4008',
      'directories.install holds node.yaml.',
      'Give it a directory of its own, such as ./install.',
      rangeOf(document, ['directories', 'install'], false),
    );
  }
  return report.findings.length > 0 ? report.result() : { kind: 'config', config };
}

/** Directories that a release could reach into, or that would be replaced with it. */
function overlapping({ directories }: NodeConfig): readonly ('state' | 'downloads' | 'trust')[] {
  const { install } = directories;
  return (['state', 'downloads', 'trust'] as const).filter((name) => {
    const other = directories[name];
    return isWithin(other, install) || isWithin(install, other);
  });
}

function isWithin(path: string, directory: string): boolean {
  return directory === '/' || `${path}/`.startsWith(`${directory}/`);
}

function validatorOf(schema: object): ValidateFunction {
  let validate = validators.get(schema);
  if (validate === undefined) {
    // That the schema is one is tested, not found out in every process.
    validate = new Ajv2020({ allErrors: true, verbose: true, strict: false, validateSchema: false }).compile(schema);
    validators.set(schema, validate);
  }
  return validate;
}

function missingServiceFields({ service }: NodeDocument): readonly string[] {
  switch (service.manager) {
    case 'supervised':
      return service.command === undefined ? ['command'] : [];
    case 'command':
      return (['start', 'stop', 'status'] as const).filter((field) => service[field] === undefined);
    case 'none':
      return [];
  }
}

interface Problem {
  readonly code: FindingCode;
  readonly summary: string;
  readonly fix: string;
  readonly path: Path;
  readonly atKey: boolean;
}

function describe(error: ErrorObject): Problem | undefined {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const where = path.length === 0 ? 'node.yaml' : path.join('.');
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = (error.parentSchema ?? {}) as Readonly<Record<string, unknown>>;
  // A proxy may have a password.
  const shown = path[0] === 'sources' ? 'that' : JSON.stringify(error.data);
  switch (error.keyword) {
    case 'additionalProperties': {
      const field = String(params['additionalProperty']);
      const known = Object.keys((schema['properties'] as object | undefined) ?? {});
      const near = didYouMean(field, known);
      const fix = near === undefined ? `Remove it; fields here are ${known.join(', ')}.` : `Did you mean ${near}?`;
      return {
        code: 'THM4002',
        summary: `Unknown field "${field}" in ${where}.`,
        fix,
        path: [...path, field],
        atKey: true,
      };
    }
    case 'required': {
      const field = String(params['missingProperty']);
      return { code: 'THM4003', summary: `${where} has no "${field}".`, fix: `Add "${field}:".`, path, atKey: true };
    }
    case 'minProperties':
    case 'maxProperties': {
      const fix = `Write either ${Object.keys((schema['properties'] as object | undefined) ?? {}).join(' or ')}.`;
      return { code: 'THM4006', summary: `${where} must have exactly one field.`, fix, path, atKey: true };
    }
    case 'const':
    case 'enum': {
      const allowed = ('const' in schema ? [schema['const']] : (schema['enum'] as unknown[])).map(String);
      const near = typeof error.data === 'string' ? didYouMean(error.data, allowed) : undefined;
      const fix = near === undefined ? `Write ${allowed.join(' or ')}.` : `Did you mean ${near}?`;
      return { code: 'THM4004', summary: `${where} cannot be ${shown}.`, fix, path, atKey: false };
    }
    default: {
      const examples = schema['examples'] as unknown[] | undefined;
      const fix =
        examples === undefined ? `It ${error.message ?? 'is wrong'}.` : `Write it like ${String(examples[0])}.`;
      return { code: 'THM4005', summary: `${where} cannot be ${shown}.`, fix, path, atKey: false };
    }
  }
}

/** Of the value at a path, or of its key; of the nearest thing above where there is none. */
function rangeOf(document: Document, path: Path, atKey: boolean): TextRange {
  let node: unknown = document.contents;
  let found: Node | null = document.contents;
  for (const [index, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (pair === undefined) break;
      if (index === path.length - 1 && atKey) return range(pair.key as Node);
      node = pair.value;
    } else {
      node = document.getIn(path.slice(0, index + 1), true);
    }
    if (node === null || node === undefined) break;
    found = node as Node;
  }
  return range(found);
}

function range(node: Node | null): TextRange {
  const [start, end] = node?.range ?? [0, 1];
  return { offset: start, length: Math.max(1, end - start) };
}

function reporter(file: SourceFile) {
  const starts = lineStartsOf(file.text);
  const findings: Finding[] = [];
  return {
    findings,
    add(code: FindingCode, summary: string, fix: string, at: TextRange): void {
      const source = spanOf(file, starts, at);
      findings.push({ severity: 'error', code, summary, fix, source, frame: codeFrame(file.text, starts, source) });
    },
    result(): ParsedNodeConfig {
      return { kind: 'findings', findings: findings.sort(compareFindings) };
    },
  };
}
