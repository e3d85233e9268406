/**
 * A document against the schema of its kind. Validators are compiled at first use, one for each kind, because
 * starting up must not pay for kinds that a fleet does not have.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { didYouMean } from '../../kernel/did-you-mean.ts';
import { formats } from './formats.ts';
import { joinWords, showValue, type Problem } from '../problem.ts';
import { schemaProblems } from './schema-problem.ts';
import { apiVersion, isKind, kinds, schemaOf, type Kind } from './schemas.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';

export interface KindDocument {
  readonly kind: Kind;
  readonly document: YamlDocument;
}

let compiler: Ajv2020 | undefined;
const validators = new Map<Kind, ValidateFunction>();

/** `known` is undefined where not even the kind can be told. */
export function checkSchema(document: YamlDocument): {
  readonly known: KindDocument | undefined;
  readonly problems: readonly Problem[];
} {
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const summary = `A document must be a map with apiVersion and kind, not ${showValue(value)}.`;
    const fix = 'Remove the document, or move the file out of the fleet directory.';
    return {
      known: undefined,
      problems: [{ code: 'THM1101', summary, fix, at: { document, path: [], part: 'value' } }],
    };
  }
  const header = checkHeader(document, value as Record<string, unknown>);
  if (!('kind' in header)) return { known: undefined, problems: [header] };
  const validate = validatorOf(header.kind);
  const known = { kind: header.kind, document };
  if (validate(value)) return { known, problems: [] };
  return { known, problems: schemaProblems(document, header.kind, validate.errors ?? []) };
}

function checkHeader(document: YamlDocument, value: Record<string, unknown>): Problem | { readonly kind: Kind } {
  const version = value['apiVersion'];
  if (version !== apiVersion) {
    const at = { document, path: version === undefined ? [] : ['apiVersion'], part: 'value' } as const;
    if (version === undefined) {
      const fix = `Add "apiVersion: ${apiVersion}", or move the file out of the fleet directory.`;
      return { code: 'THM1101', summary: 'The document has no apiVersion.', fix, at };
    }
    const near = typeof version === 'string' && didYouMean(version, [apiVersion]) !== undefined;
    const summary = `Unknown apiVersion ${showValue(version)}.`;
    const fix = `${near ? 'Write' : 'Themis reads'} "apiVersion: ${apiVersion}"${near ? '' : '; move other files out of the fleet directory'}.`;
    return { code: 'THM1101', summary, fix, at };
  }
  const kind = value['kind'];
  if (isKind(kind)) return { kind };
  const list = joinWords(kinds, 'or');
  if (kind === undefined) {
    const at = { document, path: [], part: 'value' } as const;
    return { code: 'THM1102', summary: 'The document has no kind.', fix: `Add one of ${list}.`, at };
  }
  const near = typeof kind === 'string' ? didYouMean(kind, kinds) : undefined;
  return {
    code: 'THM1102',
    summary: `Unknown kind ${showValue(kind)}.`,
    fix: near === undefined ? `Kinds are ${joinWords(kinds)}.` : `Did you mean ${near}?`,
    at: { document, path: ['kind'], part: 'value' },
  };
}

function validatorOf(kind: Kind): ValidateFunction {
  let validate = validators.get(kind);
  if (validate === undefined) {
    compiler ??= newCompiler();
    validate = compiler.compile(schemaOf(kind));
    validators.set(kind, validate);
  }
  return validate;
}

function newCompiler(): Ajv2020 {
  // That the schemas are schemas is tested, not found out in every process.
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictRequired: false,
    validateSchema: false,
  });
  ajv.addVocabulary(['x-themis-type', 'x-themis-experimental', 'x-themis-note', 'x-themis-set']);
  addFormats.default(ajv, ['date-time']);
  for (const [name, check] of Object.entries(formats)) ajv.addFormat(name, check);
  return ajv;
}
