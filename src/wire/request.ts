/**
 * Requests as a node may receive them. Strict: an unknown field is refused, because it may carry a condition that
 * this version would not keep. Nothing here can name a trust anchor, a command or a place outside a release source.
 */
import { wireVersion } from '../model/message.ts';
import type { Authority, NodeRequest, ReleaseLocator, StagedRelease, WantedRelease } from '../model/message.ts';
import {
  digest,
  flag,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  recordOf,
  type Shape,
  variantsOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import { boundedText } from './bounded-text.ts';

const name = boundedText(253, /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u);
/** Ids become file names on the node. */
const id = boundedText(128, /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u);
const version = boundedText(256, /^[0-9A-Za-z.+-]+$/u);
const store = boundedText(128, /^[A-Za-z0-9._:-]+$/u);
const timeoutMs = wholeNumber;
/** Without user, password or query: what a message carries is no secret. */
const url = boundedText(2048, /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/u);
const owner = boundedText(100, /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/u);
const repo = boundedText(100, /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/u);

const authority = objectOf<Authority>({ store, token: wholeNumber }, 'refuse');

const locator = variantsOf<ReleaseLocator>('kind', {
  directory: objectOf<Extract<ReleaseLocator, { kind: 'directory' }>>(
    { kind: oneOf('directory'), directory: boundedText(4096), path: boundedText(1024) },
    'refuse',
  ),
  http: objectOf<Extract<ReleaseLocator, { kind: 'http' }>>(
    { kind: oneOf('http'), url, path: boundedText(1024) },
    'refuse',
  ),
  github: objectOf<Extract<ReleaseLocator, { kind: 'github' }>>(
    { kind: oneOf('github'), owner, repo, apiUrl: url, path: boundedText(1024) },
    'refuse',
  ),
});

const wanted = { package: name, version, manifestHash: digest };
const wantedRelease = objectOf<WantedRelease>(wanted, 'refuse');
const stagedRelease = objectOf<StagedRelease>({ ...wanted, locator }, 'refuse');

type Of<K extends NodeRequest['kind']> = Extract<NodeRequest, { kind: K }>;

const head = { wireVersion: oneOf(wireVersion), node: name };

const shapes: { readonly [K in NodeRequest['kind']]: Shape<Of<K>> } = {
  observe: objectOf<Of<'observe'>>({ ...head, kind: oneOf('observe'), full: flag }, 'refuse'),
  stage: objectOf<Of<'stage'>>(
    { ...head, kind: oneOf('stage'), authority, releases: listOf(stagedRelease, 1000) },
    'refuse',
  ),
  update: objectOf<Of<'update'>>(
    {
      ...head,
      kind: oneOf('update'),
      authority,
      operation: id,
      releases: listOf(wantedRelease, 1000),
      expected: recordOf(digest, name),
      restorePoint: id,
      healthTimeoutMs: timeoutMs,
      unlessLeading: optional(flag),
      mayGoLeaderless: optional(flag),
    },
    'refuse',
  ),
  rollback: objectOf<Of<'rollback'>>(
    {
      ...head,
      kind: oneOf('rollback'),
      authority,
      operation: id,
      restorePoint: id,
      keep: nullOr(id),
      healthTimeoutMs: timeoutMs,
      unlessLeading: optional(flag),
      mayGoLeaderless: optional(flag),
    },
    'refuse',
  ),
  metrics: objectOf<Of<'metrics'>>({ ...head, kind: oneOf('metrics') }, 'refuse'),
  recover: objectOf<Of<'recover'>>({ ...head, kind: oneOf('recover'), authority: nullOr(authority) }, 'refuse'),
  adopt: objectOf<Of<'adopt'>>({ ...head, kind: oneOf('adopt'), store }, 'refuse'),
  prune: objectOf<Of<'prune'>>(
    { ...head, kind: oneOf('prune'), keepRestorePoints: wholeNumber, pinned: listOf(boundedText(128), 10_000) },
    'refuse',
  ),
};

export const nodeRequest: Shape<NodeRequest> = variantsOf<NodeRequest>('kind', shapes);
