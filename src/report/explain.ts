/** The page of `themis explain` as text. */
import { stringify } from 'yaml';
import type { Paint } from './paint.ts';

interface Page {
  readonly address: string;
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly allowed?: readonly unknown[];
  readonly limits?: string;
  readonly experimental?: string;
  readonly examples: readonly unknown[];
  readonly children: readonly {
    readonly name: string;
    readonly type: string;
    readonly required: boolean;
    readonly experimental: boolean;
    readonly description: string;
  }[];
}

export function explainText(page: Page, paint: Paint): string {
  const lines = [`${paint.bold(page.address)}  <${page.type}>${page.required ? '  required' : ''}`];
  if (page.description !== '') lines.push('', page.description);
  if (page.experimental !== undefined) lines.push('', paint.yellow(`Not acted on yet. ${page.experimental}`.trimEnd()));
  const facts: string[] = [];
  if (page.default !== undefined) facts.push(`default:  ${plain(page.default)}`);
  if (page.allowed !== undefined) facts.push(`values:   ${page.allowed.map(plain).join(', ')}`);
  if (page.limits !== undefined) facts.push(`limits:   ${page.limits}`);
  if (facts.length > 0) lines.push('', ...facts);
  if (page.children.length > 0) {
    lines.push('', paint.bold('Fields'));
    for (const child of page.children) {
      const marks = [child.required ? 'required' : '', child.experimental ? 'not acted on yet' : ''].filter(
        (mark) => mark !== '',
      );
      lines.push(`  ${paint.bold(child.name)}  <${child.type}>${marks.length === 0 ? '' : `  ${marks.join(', ')}`}`);
      if (child.description !== '') lines.push(`      ${child.description}`);
    }
  }
  if (page.examples.length > 0) {
    lines.push('', paint.bold('Example'));
    const field = page.address.includes('.') ? page.address.slice(page.address.lastIndexOf('.') + 1) : undefined;
    const example = field === undefined ? page.examples[0] : { [field]: page.examples[0] };
    lines.push(
      ...stringify(example, { lineWidth: 0 })
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
