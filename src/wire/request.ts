/**
 * Requests as a node may receive them. Strict: an unknown field is refused, because it may carry a condition that
 * this version would not keep. Nothing here can name a trust anchor, a command or a place outside a release source.
 */
import { wireVersion } from '../model/message.ts';
import type { Authority, NodeRequest, ReleaseLocator, StagedRelease, WantedRelease } from '../model/message.ts';
import { digest, flag, integer, list, nullable, object, oneOf, record, text, variants } from './shape.ts';
import type { Shape } from './shape.ts';

const name = text(253, /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u);
/** Ids become file names on the node. */
const id = text(128, /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u);
const version = text(256, /^[0-9A-Za-z.+-]+$/u);
const store = text(128, /^[A-Za-z0-9._:-]+$/u);
const timeoutMs = integer(0);

const authority = object<Authority>({ store, token: integer(0) }, 'strict');

const locator = variants<ReleaseLocator>({
  directory: object<Extract<ReleaseLocator, { kind: 'directory' }>>(
    { kind: oneOf('directory'), directory: text(), path: text(1024) },
    'strict',
  ),
  http: object<Extract<ReleaseLocator, { kind: 'http' }>>(
    { kind: oneOf('http'), url: text(4096, /^https?:\/\//u) },
    'strict',
  ),
});

const wanted = { package: name, version, manifestHash: digest };
const wantedRelease = object<WantedRelease>(wanted, 'strict');
const stagedRelease = object<StagedRelease>({ ...wanted, locator }, 'strict');

type Of<K extends NodeRequest['kind']> = Extract<NodeRequest, { kind: K }>;

const head = { wireVersion: oneOf(wireVersion), node: name };

const shapes: { readonly [K in NodeRequest['kind']]: Shape<Of<K>> } = {
  observe: object<Of<'observe'>>({ ...head, kind: oneOf('observe'), full: flag }, 'strict'),
  stage: object<Of<'stage'>>(
    { ...head, kind: oneOf('stage'), authority, releases: list(stagedRelease, 1000) },
    'strict',
  ),
  update: object<Of<'update'>>(
    {
      ...head,
      kind: oneOf('update'),
      authority,
      operation: id,
      releases: list(wantedRelease, 1000),
      expected: record(digest, name),
      restorePoint: id,
      healthTimeoutMs: timeoutMs,
    },
    'strict',
  ),
  rollback: object<Of<'rollback'>>(
    {
      ...head,
      kind: oneOf('rollback'),
      authority,
      operation: id,
      restorePoint: id,
      keep: nullable(id),
      healthTimeoutMs: timeoutMs,
    },
    'strict',
  ),
  recover: object<Of<'recover'>>({ ...head, kind: oneOf('recover'), authority: nullable(authority) }, 'strict'),
  adopt: object<Of<'adopt'>>({ ...head, kind: oneOf('adopt'), store }, 'strict'),
  prune: object<Of<'prune'>>(
    { ...head, kind: oneOf('prune'), keepRestorePoints: integer(0), pinned: list(text(128), 10_000) },
    'strict',
  ),
};

export const nodeRequest: Shape<NodeRequest> = variants<NodeRequest>(shapes);
