/**
 * Collects the findings of one planning. What is true of many nodes is said once, with the first names and the count,
 * so that findings stay few whatever the size of the fleet. Their order does not depend on the order of noting.
 */
import type { Finding, SourceSpan } from '../../kernel/finding.ts';
import { compareFindings, compareText } from '../../kernel/finding.ts';
import type { PlanFindingKind } from './plan-codes.ts';
import { planCodes } from './plan-codes.ts';

export interface Sentence {
  readonly summary: string;
  readonly fix?: string;
  readonly details?: readonly string[];
  /** Address whose place in the YAML is shown: `package/themisdb`. */
  readonly address?: string;
}

export interface Notes {
  /** Said once, however often it is noted. */
  note(kind: PlanFindingKind, sentence: Sentence): void;
  /** `name` joins all that were noted with the same kind and key; `say` gets `node-a, node-b` or `node-a and 41 more`. */
  gather(kind: PlanFindingKind, key: string, name: string, say: (names: string, count: number) => Sentence): void;
  findings(): readonly Finding[];
}

interface Gathered {
  readonly kind: PlanFindingKind;
  readonly names: string[];
  readonly say: (names: string, count: number) => Sentence;
}

export function createNotes(sources: ReadonlyMap<string, SourceSpan>): Notes {
  const noted = new Map<string, Finding>();
  const gathered = new Map<string, Gathered>();
  const finding = (kind: PlanFindingKind, { summary, details, fix, address }: Sentence): Finding => {
    const { code, severity } = planCodes[kind];
    const source = address === undefined ? undefined : sources.get(address);
    return {
      severity,
      code,
      summary,
      ...(details === undefined ? {} : { details }),
      ...(fix === undefined ? {} : { fix }),
      ...(source === undefined ? {} : { source }),
    };
  };
  return {
    note: (kind, sentence) => void noted.set(`${kind} ${sentence.summary}`, finding(kind, sentence)),
    gather(kind, key, name, say) {
      const known = gathered.get(`${kind} ${key}`);
      if (known === undefined) gathered.set(`${kind} ${key}`, { kind, names: [name], say });
      else known.names.push(name);
    },
    findings() {
      const all = [...gathered.values()].map(({ kind, names, say }) => {
        const sorted = [...new Set(names)].sort(compareText);
        return finding(kind, say(listNames(sorted), sorted.length));
      });
      return [...noted.values(), ...all].sort(compareFindings);
    },
  };
}

const shownNames = 5;

/** `a`, `a, b and c`, `a, b, c, d, e and 95 more`. */
export function listNames(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  if (names.length <= shownNames + 1) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  return `${names.slice(0, shownNames).join(', ')} and ${names.length - shownNames} more`;
}
