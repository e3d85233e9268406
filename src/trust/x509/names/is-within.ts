/**
 * Whether a name lies within the subtree of a constraint of the same form (RFC 5280 4.2.1.10). `unknown` where it cannot
 * be told: then the caller has to refuse. In doubt a name is within what is excluded and outside what is permitted.
 * Names and subtrees are read once and compared often, so that comparing costs no more than looking at them.
 */
import { mayMeanTheSame, type Name } from '../name.ts';
import type { GeneralName } from './general-name.ts';

export type Within = 'yes' | 'no' | 'unknown';
export type Side = 'permitted' | 'excluded';

interface Mailbox {
  readonly local: string;
  readonly host: string;
}

/** A name of a certificate, read for comparison. null for a host or mailbox that cannot be told. */
export type Subject =
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'dns'; readonly host: string | null; readonly isWildcard: boolean }
  | { readonly kind: 'email'; readonly mailbox: Mailbox | null }
  | { readonly kind: 'uri'; readonly host: string | null }
  | { readonly kind: 'other'; readonly tag: number; readonly hex: string };

/** Of a constraint; `host` is empty for every host. */
export type Subtree =
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'dns' | 'uri' | 'email'; readonly domain: Domain | null; readonly mailbox: Mailbox | null }
  | { readonly kind: 'other'; readonly tag: number };

interface Domain {
  readonly host: string;
  /** What names below it end with. */
  readonly suffix: string;
  /** Written with a leading dot: the host itself is not meant. */
  readonly isBelowOnly: boolean;
}

export function subjectOf(name: GeneralName): Subject {
  switch (name.kind) {
    case 'dns': {
      const isWildcard = name.text.startsWith('*.');
      return { kind: 'dns', host: hostOf(isWildcard ? name.text.slice(2) : name.text), isWildcard };
    }
    case 'email':
      return { kind: 'email', mailbox: mailboxOf(name.text) };
    case 'uri':
      return { kind: 'uri', host: hostOfUri(name.text) };
    default:
      return name;
  }
}

export function subtreeOf(base: GeneralName): Subtree {
  if (base.kind === 'directory' || base.kind === 'other') return base;
  const { kind, text } = base;
  if (kind === 'email' && text.includes('@')) return { kind, domain: null, mailbox: mailboxOf(text) };
  const isBelowOnly = text.startsWith('.');
  const host = text === '' ? '' : hostOf(isBelowOnly ? text.slice(1) : text);
  return { kind, domain: host === null ? null : { host, suffix: `.${host}`, isBelowOnly }, mailbox: null };
}

/** OBJECT IDENTIFIER of SmtpUTF8Mailbox (RFC 9598 3), with which such an otherName begins. */
const mailboxForm = '06082b06010505070809';

export function isSameForm(name: Subject, base: Subtree): boolean {
  // RFC 9598 6: constraints on mailboxes hold for mailboxes in this form too; what they say of it is not worked out here.
  if (name.kind === 'other' && base.kind === 'email') return name.hex.startsWith(mailboxForm);
  return name.kind === base.kind && (name.kind !== 'other' || base.kind !== 'other' || name.tag === base.tag);
}

export function isWithin(name: Subject, base: Subtree, side: Side): Within {
  if (name.kind === 'directory' && base.kind === 'directory') return isDirectoryWithin(name.name, base.name);
  if (name.kind === 'dns' && base.kind === 'dns') return isDnsWithin(name, base.domain, side);
  if (name.kind === 'email' && base.kind === 'email') return isEmailWithin(name.mailbox, base, side);
  if (name.kind === 'uri' && base.kind === 'uri') return isHostWithin(name.host, base.domain);
  return 'unknown';
}

/** Below in the tree, or the same. A value that is not text, or not surely, leaves it open where text stands opposite. */
function isDirectoryWithin(name: Name, base: Name): Within {
  if (name.parts.length < base.parts.length) return 'no';
  let isUnsure = false;
  for (const [index, part] of base.parts.entries()) {
    if (name.parts[index] === part) continue;
    if (name.isText && base.isText) return 'no';
    if (!mayMeanTheSame(name.attributes[index]!, base.attributes[index]!)) return 'no';
    isUnsure = true;
  }
  return isUnsure ? 'unknown' : 'yes';
}

/** Labels are added on the left; a leading dot asks for at least one. */
function isDnsWithin({ host, isWildcard }: Subject & { kind: 'dns' }, base: Domain | null, side: Side): Within {
  if (host === null || base === null) return 'unknown';
  if (isWildcard) {
    // A wildcard stands for names one label longer, and so overlaps a constraint below its own base.
    if (host === base.host || isBelow(host, base)) return 'yes';
    return answer(side === 'excluded' && base.host.endsWith(`.${host}`));
  }
  return answer(isBelow(host, base) || (host === base.host && !base.isBelowOnly));
}

/** A mailbox, all mailboxes of a host, or (leading dot) of every host below a domain. */
function isEmailWithin(
  mailbox: Mailbox | null,
  { domain, mailbox: wanted }: Subtree & { kind: 'email' | 'dns' | 'uri' },
  side: Side,
): Within {
  if (mailbox === null || (domain === null && wanted === null)) return 'unknown';
  if (wanted === null) return isHostWithin(mailbox.host, domain);
  // RFC 5280 7.5 compares local parts exactly, but few hosts do.
  const fold = (local: string): string => (side === 'excluded' ? local.toLowerCase() : local);
  return answer(mailbox.host === wanted.host && fold(mailbox.local) === fold(wanted.local));
}

function isHostWithin(host: string | null, base: Domain | null): Within {
  if (host === null || base === null) return 'unknown';
  if (base.host === '') return 'yes';
  return answer(base.isBelowOnly ? isBelow(host, base) : host === base.host);
}

const userinfo = String.raw`(?:[\w.~!$&'()*+,;=:-]|%[\da-f]{2})*`;
const rest = String.raw`(?:[\w.~!$&'()*+,;=:@/?-]|%[\da-f]{2})*`;
/** RFC 3986 3, with an authority; its host is judged by `hostOf`. */
const uri = new RegExp(
  `^[a-z][a-z\\d+.-]*://(?:${userinfo}@)?([^@:/?#]*)(?::\\d*)?(?:[/?]${rest})?(?:#${rest})?$`,
  'iu',
);

/**
 * RFC 5280 4.2.1.10: a URI without a fully qualified host cannot satisfy a constraint. Where characters stand in it that
 * have no place there, readers differ about what the host is.
 */
function hostOfUri(text: string): string | null {
  const host = hostOf(uri.exec(text)?.[1] ?? '');
  return host?.includes('.') === true ? host : null;
}

function mailboxOf(text: string): Mailbox | null {
  const match = /^([a-z0-9!#$%&'*+/=?^_`{|}~.-]+)@([^@]+)$/iu.exec(text);
  const host = match === null ? null : hostOf(match[2]!);
  return match === null || host === null ? null : { local: match[1]!, host };
}

/** In lower case; null for what is not a host name, addresses included. */
function hostOf(text: string): string | null {
  const host = text.toLowerCase();
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/u.test(host) || host.length > 253) return null;
  return /[a-z]/u.test(host.slice(host.lastIndexOf('.') + 1)) ? host : null;
}

function isBelow(name: string, { host, suffix }: Domain): boolean {
  return host === '' || name.endsWith(suffix);
}

function answer(is: boolean): Within {
  return is ? 'yes' : 'no';
}
