import { ThemisError } from '../kernel/error.ts';
import type { ReleaseLocator } from '../model/message.ts';
import type { Architecture, Platform } from '../model/release.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { ServiceControl } from '../ports/service-control.ts';
import type { NodeConfig } from './config/node-config.ts';
import { parseNodeConfig } from './config/parse-node-config.ts';
import type { NodeDeps } from './deps.ts';
import { configFileOf, layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { checkFixedPlaces } from './trust/own-places.ts';

/** A node root that was opened: its settings and what follows from them. */
export interface NodeContext extends NodeDeps {
  readonly config: NodeConfig;
  readonly layout: Layout;
  /** With the node's own settings. */
  readonly openSource: (locator: ReleaseLocator) => ReleaseSource;
  readonly service: ServiceControl;
  readonly platform: Platform;
  readonly architecture: Architecture;
}

/**
 * Throws NOT_FOUND where there is no node root, INVALID_DESIRED with every finding where node.yaml is wrong, and
 * ANCHORS_CHANGED where it leads elsewhere than the node was made with.
 */
export async function openNode(deps: NodeDeps): Promise<NodeContext> {
  const context = await readContext(deps);
  await checkFixedPlaces(context);
  return context;
}

/** For whoever makes the node. */
export async function readContext(deps: NodeDeps): Promise<NodeContext> {
  const config = await readConfig(deps);
  return {
    ...deps,
    config,
    layout: layoutOf(config),
    openSource: (locator) => deps.openSource(locator, config.sources),
    service: deps.serviceControl(config.service),
    platform: config.platform ?? deps.machine.platform,
    architecture: config.architecture ?? deps.machine.architecture,
  };
}

async function readConfig({ files, root, schema }: NodeDeps): Promise<NodeConfig> {
  const path = configFileOf(root);
  if ((await files.lstat(path)) === null) {
    throw new ThemisError('NOT_FOUND', `${root} is no node root: it has no node.yaml.`, {
      hint: 'Make one with: themis node init DIR --name NAME --anchors FILE',
    });
  }
  const text = new TextDecoder().decode(await files.readFile(path));
  const parsed = parseNodeConfig({ path, text }, root, schema);
  if (parsed.kind === 'config') return parsed.config;
  const lines = parsed.findings.map(
    (finding) =>
      `${finding.source?.file}:${finding.source?.line}:${finding.source?.col} ${finding.summary} ${finding.fix}`,
  );
  throw new ThemisError('INVALID_DESIRED', lines.join('\n'));
}
