/**
 * What ajv reports, said for people: the place, the value that stands there, and the fix. Every keyword that
 * `schemas/` use has its own sentence.
 */
import type { ErrorObject } from 'ajv';
import { didYouMean } from '../../kernel/did-you-mean.ts';
import type { FindingCode } from '../../kernel/finding.ts';
import { timeZones } from './formats.ts';
import { formatPath, joinWords, showValue, type Path, type Problem } from '../problem.ts';
import type { Kind, Schema } from './schemas.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';

interface Context {
  readonly document: YamlDocument;
  readonly kind: Kind;
  readonly path: Path;
  readonly schema: Schema;
  readonly value: unknown;
  readonly params: Readonly<Record<string, unknown>>;
  readonly error: ErrorObject;
}

type Explain = (context: Context) => Problem | undefined;

export function schemaProblems(document: YamlDocument, kind: Kind, errors: readonly ErrorObject[]): readonly Problem[] {
  const problems: Problem[] = [];
  const wrongType = new Set(errors.filter((error) => error.keyword === 'type').map((error) => error.instancePath));
  for (const error of errors) {
    if (/\/oneOf\/\d+\//u.test(error.schemaPath)) continue;
    // A value of the wrong type fails other keywords as well; the type is the cause.
    if (error.keyword !== 'type' && error.keyword !== 'additionalProperties' && wrongType.has(error.instancePath))
      continue;
    const context: Context = {
      document,
      kind,
      path: pathOf(error.instancePath, document.value),
      schema: (error.parentSchema ?? {}) as Schema,
      value: error.data,
      params: error.params,
      error,
    };
    const problem = (explanations[error.keyword] ?? anything)(context);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

const explanations: Readonly<Record<string, Explain>> = {
  additionalProperties: unknownField,
  required: missingField,
  type: wrongType,
  enum: notAllowed,
  const: notAllowed,
  pattern: badText,
  format: badText,
  minLength: badText,
  maxLength: badText,
  minimum: outOfRange,
  exclusiveMinimum: outOfRange,
  maximum: outOfRange,
  minItems: tooFew,
  uniqueItems: twice,
  minProperties: wrongCount,
  maxProperties: wrongCount,
  oneOf: notExactlyOne,
  // Says only that the name of a key is wrong; the keyword inside says how.
  propertyNames: () => undefined,
};

function unknownField({ document, path, schema, params }: Context): Problem {
  const field = String(params['additionalProperty']);
  const fields = Object.keys(schema.properties ?? {});
  const near = didYouMean(field, fields);
  let fix = `Did you mean ${near}?`;
  if (near === undefined) {
    fix =
      fields.length === 0 ? 'Remove it: nothing may stand here.' : `Remove it; fields here are ${joinWords(fields)}.`;
    if (field === '<<') fix = 'Write the fields out: merge keys are not read.';
  }
  const summary = `Unknown field "${field}" in ${formatPath(path)}.`;
  return { code: 'THM1103', summary, fix, at: { document, path: [...path, field], part: 'key' } };
}

function missingField({ document, kind, path, schema, params }: Context): Problem {
  const field = String(params['missingProperty']);
  const at = { document, path, part: 'key' } as const;
  if (kind === 'Fleet' && formatPath([...path, field]) === 'metadata.uid') {
    const fix =
      'Add "uid:" with a new UUID, as uuidgen prints it, and never change it: it names the state of the fleet.';
    return { code: 'THM1203', summary: 'The Fleet has no metadata.uid.', fix, at };
  }
  const example = schema.properties?.[field]?.examples?.[0];
  const fix = example === undefined ? `Add "${field}:".` : `Add it, for example "${field}: ${plain(example)}".`;
  return { code: 'THM1104', summary: `${startOf(path)} has no "${field}".`, fix, at };
}

function wrongType({ document, path, schema, value, params }: Context): Problem {
  const at = { document, path, part: 'value' } as const;
  const wanted = [params['type'] as string | string[]].flat();
  const source = document.sourceOf(path);
  const type = schema['x-themis-type'];
  if (value === null) {
    const fix = `Write ${article(type ?? wanted[0]!)}, or remove the field.`;
    return { code: 'THM1105', summary: `${startOf(path)} has no value.`, fix, at: { ...at, part: 'key' } };
  }
  if (wanted.includes('string') && source !== undefined && source !== '') {
    if (type === 'version' || type === 'version range') {
      const summary = `The version ${source} at ${formatPath(path)} is not quoted, so YAML reads the number ${showValue(value)}.`;
      return { code: 'THM1111', summary, fix: `Quote it: "${source}".`, at };
    }
    const summary = `${startOf(path)} must be text, but YAML reads ${source} as a ${typeof value}.`;
    return { code: 'THM1105', summary, fix: fixText(type, source), at };
  }
  const summary = `${startOf(path)} must be ${joinWords(wanted.map(article), 'or')}, not ${nameType(value)}.`;
  const quoted = typeof value === 'string' && wanted.some((name) => name !== 'array' && name !== 'object');
  const example = schema.examples?.[0];
  const fix = quoted
    ? `Write ${article(wanted[0]!)}${/^[\d.]+$|^(?:true|false)$/u.test(value) ? ' without quotes' : ''}.`
    : `Write ${article(wanted[0]!)}${example === undefined ? '' : `, for example ${plain(example)}`}.`;
  return { code: 'THM1105', summary, fix, at };
}

function fixText(type: string | undefined, source: string): string {
  if (type === 'duration') return `Add a unit, for example ${source}s.`;
  return `Quote it: "${source}".`;
}

function notAllowed({ document, path, schema, value }: Context): Problem {
  const allowed = (schema.const === undefined ? (schema.enum ?? []) : [schema.const]).map(plain);
  const near = typeof value === 'string' ? didYouMean(value, allowed) : undefined;
  const summary = `${startOf(path)} cannot be ${showValue(value)}.`;
  const fix = near === undefined ? `Write ${joinWords(allowed, 'or')}.` : `Did you mean ${near}?`;
  return { code: 'THM1106', summary, fix, at: { document, path, part: 'value' } };
}

const textCodes: Readonly<Record<string, FindingCode>> = {
  duration: 'THM1112',
  'time zone': 'THM1114',
  version: 'THM1115',
  'version range': 'THM1115',
  selector: 'THM1116',
  'label key': 'THM1117',
  'label value': 'THM1117',
  date: 'THM1118',
  instant: 'THM1118',
};

function badText({ document, path, schema, value, error, params }: Context): Problem | undefined {
  const type = schema['x-themis-type'];
  // Pattern and format of one text: the format knows more, so the pattern is silent.
  if (error.keyword === 'pattern' && schema.format !== undefined) return undefined;
  const code = (type === undefined ? undefined : textCodes[type]) ?? 'THM1107';
  const key = error.propertyName;
  const at =
    key === undefined
      ? ({ document, path, part: 'value' } as const)
      : ({ document, path: [...path, key], part: 'key' } as const);
  const where = key === undefined ? formatPath(path) : `key of ${formatPath(path)}`;
  const shown = key ?? value;
  if (error.keyword === 'minLength') {
    return {
      code,
      summary: `${startOf(path)} is empty.`,
      fix: `Write ${article(type ?? 'text')}, or remove the field.`,
      at,
    };
  }
  if (error.keyword === 'maxLength') {
    const summary = `${showValue(shown)} (${where}) is longer than ${String(params['limit'])} characters.`;
    return { code, summary, fix: 'Write a shorter text.', at };
  }
  const summary = `${showValue(shown)} (${where}) is not ${article(type ?? 'text of the right form')}.`;
  return { code, summary, fix: textFix(schema, type, String(shown)), at };
}

function textFix(schema: Schema, type: string | undefined, value: string): string {
  if (type === 'time zone') {
    const near = didYouMean(value, timeZones());
    return near === undefined ? 'Write an IANA time zone, for example Europe/Berlin or UTC.' : `Did you mean ${near}?`;
  }
  if (type === 'name') {
    const lower = value
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/gu, '-')
      .replaceAll(/^[._-]+|[._-]+$/gu, '');
    const idea = lower === '' ? '' : `, for example ${lower}`;
    return `Use lower-case letters, digits, dots, underscores and hyphens${idea}.`;
  }
  if (type === 'version' && /^[v=]/u.test(value))
    return `Write it without the prefix: "${value.replace(/^[v=]+/u, '')}".`;
  const examples = (schema.examples ?? []).map((example) => plain(example));
  return examples.length === 0 ? (schema.description ?? 'Correct it.') : `Write it like ${joinWords(examples, 'or')}.`;
}

function outOfRange({ document, path, schema, value }: Context): Problem {
  const last = path.at(-1);
  let code: FindingCode = 'THM1108';
  if (last === 'percentage') code = 'THM1224';
  if (last === 'maxUnavailable' || last === 'maxMinorSkew') code = 'THM1231';
  const { minimum, exclusiveMinimum, maximum } = schema;
  let range = `of at most ${maximum!}`;
  if (minimum !== undefined) range = maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  else if (exclusiveMinimum !== undefined) {
    range = maximum === undefined ? `above ${exclusiveMinimum}` : `above ${exclusiveMinimum}, up to ${maximum}`;
  }
  const at = { document, path, part: 'value' } as const;
  return { code, summary: `${startOf(path)} cannot be ${showValue(value)}.`, fix: `Write a number ${range}.`, at };
}

function tooFew({ document, path }: Context): Problem {
  const fix = 'Add an entry, or remove the field if it is optional.';
  return { code: 'THM1110', summary: `${startOf(path)} is an empty list.`, fix, at: { document, path, part: 'value' } };
}

function twice({ document, path, value, params }: Context): Problem {
  const [first, second] = [Number(params['i']), Number(params['j'])].sort((a, b) => a - b) as [number, number];
  return {
    code: 'THM1110',
    summary: `${formatPath(path)} holds ${showValue((value as unknown[])[second])} twice.`,
    fix: 'Remove one of the two.',
    at: { document, path: [...path, second], part: 'value' },
    related: [{ at: { document, path: [...path, first], part: 'value' }, note: 'first written here' }],
  };
}

function wrongCount(context: Context): Problem {
  const { document, path, schema, value } = context;
  if (schema.maxProperties === 1) return exactlyOne(context, Object.keys(schema.properties ?? {}));
  const summary = `${startOf(path)} has too few fields: ${Object.keys(value as object).length} of at least ${schema.minProperties ?? 1}.`;
  return { code: 'THM1110', summary, fix: 'Add what is missing.', at: { document, path, part: 'key' } };
}

function notExactlyOne(context: Context): Problem {
  return exactlyOne(
    context,
    (context.schema.oneOf ?? []).flatMap((choice) => choice.required),
  );
}

function exactlyOne({ document, path, value }: Context, choices: readonly string[]): Problem {
  const present = choices.filter((choice) => Object.hasOwn(value as object, choice));
  const second = present[1];
  const has = second === undefined ? `none of ${joinWords(choices)}` : `${joinWords(present)} at once`;
  return {
    code: 'THM1109',
    summary: `${startOf(path)} has ${has}.`,
    fix: `Write exactly one of ${joinWords(choices)}.`,
    at: { document, path: second === undefined ? path : [...path, second], part: 'key' },
  };
}

function anything({ document, path, error }: Context): Problem {
  const summary = `${startOf(path)} ${error.message ?? 'is not valid'}.`;
  return { code: 'THM1107', summary, fix: 'Correct the value.', at: { document, path, part: 'value' } };
}

/** JSON pointer to path; what counts as an index depends on what stands there. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value: unknown = root;
  for (const raw of pointer.split('/').slice(1)) {
    const part = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(value) ? Number(part) : part;
    path.push(step);
    value = (value as Record<string | number, unknown> | null)?.[step];
  }
  return path;
}

function startOf(path: Path): string {
  return path.length === 0 ? 'The document' : formatPath(path);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function nameType(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return showValue(value);
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  text: 'text',
  'text of the right form': 'text of the right form',
};

function article(type: string): string {
  return typeNames[type] ?? `${/^(?:[aeio]|HT)/u.test(type) ? 'an' : 'a'} ${type}`;
}
