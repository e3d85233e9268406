/**
 * Findings in the formats that other programs read: workflow commands of GitHub, the code-quality report of GitLab,
 * SARIF 2.1.0, JUnit, and JSON. Places that are unknown point to the first line of `fallbackFile`.
 */
import { digestJson, hexOf } from '../kernel/digest.ts';
import type { Finding, Severity, SourceSpan } from '../kernel/finding.ts';

export const findingFormats = ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'] as const;
export type FindingFormat = (typeof findingFormats)[number];

export interface ExchangeContext {
  readonly themisVersion: string;
  readonly fallbackFile: string;
  readonly files: number;
  /** Default: `validate`. */
  readonly command?: string;
}

export function exchangeText(
  format: Exclude<FindingFormat, 'text'>,
  findings: readonly Finding[],
  context: ExchangeContext,
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(jsonReport(findings, context), null, 2)}\n`;
    case 'github':
      return findings.map((finding) => githubCommand(finding, context)).join('');
    case 'gitlab':
      return `${JSON.stringify(
        findings.map((finding) => gitlabIssue(finding, context)),
        null,
        2,
      )}\n`;
    case 'sarif':
      return `${JSON.stringify(sarifLog(findings, context), null, 2)}\n`;
    case 'junit':
      return junitReport(findings, context);
  }
}

function jsonReport(findings: readonly Finding[], { themisVersion, files }: ExchangeContext): object {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const summary = { files, error: count('error'), warning: count('warning'), info: count('info') };
  return { formatVersion: '1.0', themisVersion, valid: summary.error === 0, summary, findings };
}

function placeOf(finding: Finding, { fallbackFile }: ExchangeContext): SourceSpan {
  return finding.source ?? { file: fallbackFile, line: 1, col: 1 };
}

function message({ summary, details = [], fix }: Finding): string {
  return [summary, ...details, ...(fix === undefined ? [] : [fix])].join(' ');
}

function githubCommand(finding: Finding, context: ExchangeContext): string {
  const { file, line, col, length } = placeOf(finding, context);
  const command = { error: 'error', warning: 'warning', info: 'notice' }[finding.severity];
  const property = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const end = length === undefined ? '' : `,endColumn=${col + length}`;
  const place = `file=${property(file)},line=${line},col=${col}${end},title=${property(finding.code)}`;
  return `::${command} ${place}::${escapeData(message(finding))}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function gitlabIssue(finding: Finding, context: ExchangeContext): object {
  const { file, line } = placeOf(finding, context);
  return {
    description: message(finding),
    check_name: finding.code,
    // Without the line, so that an issue stays the same one when lines above it change.
    fingerprint: hexOf(digestJson([finding.code, file, finding.summary])),
    severity: { error: 'major', warning: 'minor', info: 'info' }[finding.severity],
    location: { path: file, lines: { begin: line } },
  };
}

function sarifLog(findings: readonly Finding[], context: ExchangeContext): object {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'themis', version: context.themisVersion, rules: codes.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: { error: 'error', warning: 'warning', info: 'note' }[finding.severity],
          message: { text: message(finding) },
          locations: [{ physicalLocation: sarifPlace(placeOf(finding, context)) }],
          ...(finding.related === undefined
            ? {}
            : {
                relatedLocations: finding.related.map(({ source, note }) => ({
                  physicalLocation: sarifPlace(source),
                  message: { text: note },
                })),
              }),
        })),
      },
    ],
  };
}

function sarifPlace({ file, line, col, length }: SourceSpan): object {
  const end = length === undefined ? {} : { endColumn: col + length };
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return { artifactLocation: { uri }, region: { startLine: line, startColumn: col, ...end } };
}

/** Errors fail a case; without one a single case passes, because an empty suite reads as "nothing ran". */
function junitReport(findings: readonly Finding[], context: ExchangeContext): string {
  const failures = findings.filter(({ severity }) => severity === 'error');
  const cases = findings.map((finding) => junitCase(finding, context));
  const { command = 'validate' } = context;
  if (cases.length === 0) cases.push(`    <testcase classname="themis" name="${command}"/>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="themis ${command}" tests="${cases.length}" failures="${failures.length}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function junitCase(finding: Finding, context: ExchangeContext): string {
  const { file, line, col } = placeOf(finding, context);
  const name = escapeXml(`${finding.code} ${file}:${line}:${col}`);
  const start = `    <testcase classname="${escapeXml(file)}" name="${name}">`;
  const text = escapeXml(message(finding));
  const body = finding.severity === 'error' ? `<failure message="${text}"/>` : `<system-out>${text}</system-out>`;
  return `${start}${body}</testcase>`;
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replaceAll(/[&<>"]/gu, (character) => entities[character]!)
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?');
}
