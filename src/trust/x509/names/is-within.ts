/**
 * Whether a name lies within the subtree of a constraint of the same form (RFC 5280 4.2.1.10). `unknown` where it cannot
 * be told: then the caller has to refuse. In doubt a name is within what is excluded and outside what is permitted.
 */
import { mayMeanTheSame, type Name } from '../name.ts';
import type { GeneralName } from './general-name.ts';

export type Within = 'yes' | 'no' | 'unknown';
export type Side = 'permitted' | 'excluded';

export function isWithin(name: GeneralName, base: GeneralName, side: Side): Within {
  if (name.kind === 'directory' && base.kind === 'directory') return isDirectoryWithin(name.name, base.name);
  if (name.kind === 'dns' && base.kind === 'dns') return isDnsWithin(name.text, base.text, side);
  if (name.kind === 'email' && base.kind === 'email') return isEmailWithin(name.text, base.text, side);
  if (name.kind === 'uri' && base.kind === 'uri') return isUriWithin(name.text, base.text);
  return 'unknown';
}

/** Below in the tree, or the same. A value that is not text, or not surely, leaves it open where text stands opposite. */
function isDirectoryWithin(name: Name, base: Name): Within {
  if (name.parts.length < base.parts.length) return 'no';
  let isUnsure = false;
  for (const [index, part] of base.parts.entries()) {
    if (name.parts[index] === part) continue;
    if (!mayMeanTheSame(name.attributes[index]!, base.attributes[index]!)) return 'no';
    isUnsure = true;
  }
  return isUnsure ? 'unknown' : 'yes';
}

/** Labels are added on the left; a leading dot asks for at least one. */
function isDnsWithin(text: string, base: string, side: Side): Within {
  const name = hostOf(text.startsWith('*.') ? text.slice(2) : text);
  const wanted = base === '' ? '' : hostOf(base.startsWith('.') ? base.slice(1) : base);
  if (name === null || wanted === null) return 'unknown';
  if (text.startsWith('*.')) {
    // A wildcard stands for names one label longer, and so overlaps a constraint below its own base.
    if (isBelow(`*.${name}`, wanted)) return 'yes';
    return answer(side === 'excluded' && isBelow(wanted, name));
  }
  return answer(isBelow(name, wanted) || (name === wanted && !base.startsWith('.')));
}

/** A mailbox, all mailboxes of a host, or (leading dot) of every host below a domain. */
function isEmailWithin(text: string, base: string, side: Side): Within {
  const mailbox = mailboxOf(text);
  if (mailbox === null) return 'unknown';
  if (base.includes('@')) {
    const wanted = mailboxOf(base);
    if (wanted === null) return 'unknown';
    // RFC 5280 7.5 compares local parts exactly, but few hosts do.
    const fold = (local: string): string => (side === 'excluded' ? local.toLowerCase() : local);
    return answer(mailbox.host === wanted.host && fold(mailbox.local) === fold(wanted.local));
  }
  return isHostWithin(mailbox.host, base);
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
function isUriWithin(text: string, base: string): Within {
  const host = hostOf(uri.exec(text)?.[1] ?? '');
  return host === null || !host.includes('.') ? 'unknown' : isHostWithin(host, base);
}

function isHostWithin(host: string, base: string): Within {
  if (base === '') return 'yes';
  const wanted = hostOf(base.startsWith('.') ? base.slice(1) : base);
  if (wanted === null) return 'unknown';
  return answer(base.startsWith('.') ? isBelow(host, wanted) : host === wanted);
}

function mailboxOf(text: string): { readonly local: string; readonly host: string } | null {
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

function isBelow(name: string, base: string): boolean {
  return base === '' || name.endsWith(`.${base}`);
}

function answer(is: boolean): Within {
  return is ? 'yes' : 'no';
}
