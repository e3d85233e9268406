/** Findings as a comment on a pull request: the sum on top, then one block for each, worst first. */
import { compareFindings, type Finding } from '../kernel/finding.ts';

/** What GitHub allows for one comment. */
const commentLimit = 65_536;
const roomForRest = 200;
const rank = { error: 0, warning: 1, info: 2 } as const;

/** Ends with a line feed; never longer than a comment may be. */
export function findingsMarkdown(findings: readonly Finding[], title: string, summary: string): string {
  const blocks = [...findings]
    .sort((a, b) => rank[a.severity] - rank[b.severity] || compareFindings(a, b))
    .map(findingBlock);
  let text = `### ${title}\n\n${summary}\n`;
  for (const [index, block] of blocks.entries()) {
    if (text.length + block.length > commentLimit - roomForRest) {
      return `${text}\n${blocks.length - index} more are left out here: a comment holds no more.\n`;
    }
    text += `\n${block}`;
  }
  return text;
}

function findingBlock({ severity, code, summary, details = [], fix, source, frame }: Finding): string {
  const place = source === undefined ? '' : ` \`${source.file}:${source.line}\``;
  return [
    `**${severity}** ${code}${place}: ${escaped(summary)}`,
    ...(details.length === 0 ? [] : ['', ...details.map((detail) => `- ${escaped(detail)}`)]),
    ...(frame === undefined ? [] : ['', fenced(frame)]),
    ...(fix === undefined ? [] : ['', `Fix: ${escaped(fix)}`]),
    '',
  ].join('\n');
}

/** What stands in backticks stays as it is. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/u)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[\\*_<>[\]|~#&]/gu, '\\$&')))
    .join('');
}

/** A fence that the text does not hold. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
