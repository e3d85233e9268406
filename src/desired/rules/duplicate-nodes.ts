import { itemsAt, textAt, valuePlace, type Rule } from './rule.ts';

/** Every node has its own name and its own place. */
export const duplicateNodes: Rule = {
  name: 'duplicate-nodes',
  *check(world) {
    for (const fleet of world.documents('Fleet')) {
      const names = new Map<string, number>();
      const places = new Map<string, number>();
      for (const [index, node] of itemsAt(fleet.value, 'spec', 'nodes').entries()) {
        const name = textAt(node, 'name');
        const firstNamed = name === undefined ? undefined : names.get(name);
        if (name !== undefined && firstNamed === undefined) names.set(name, index);
        if (firstNamed !== undefined) {
          yield {
            code: 'THM1205',
            summary: `A second node is named "${name!}".`,
            fix: 'Rename or remove one of the two.',
            at: valuePlace(fleet, 'spec', 'nodes', index, 'name'),
            related: [{ at: valuePlace(fleet, 'spec', 'nodes', firstNamed, 'name'), note: 'the first one' }],
          };
        }
        const place = placeOf(node);
        if (place === undefined) continue;
        const firstThere = places.get(place.key);
        if (firstThere === undefined) {
          places.set(place.key, index);
          continue;
        }
        const other = textAt(fleet.value, 'spec', 'nodes', firstThere, 'name') ?? `number ${firstThere + 1}`;
        yield {
          code: 'THM1206',
          summary: `Node "${name ?? ''}" lies in the same place as node "${other}": ${place.key.slice(place.key.indexOf(' ') + 1)}.`,
          fix: 'Give every node a root of its own.',
          at: valuePlace(fleet, 'spec', 'nodes', index, 'transport', ...place.path),
          related: [{ at: valuePlace(fleet, 'spec', 'nodes', firstThere, 'name'), note: `node "${other}"` }],
        };
      }
    }
  },
};

function placeOf(node: unknown): { readonly key: string; readonly path: readonly string[] } | undefined {
  const root = textAt(node, 'transport', 'local', 'root');
  if (root !== undefined) return { key: `local ${normalisePath(root)}`, path: ['local', 'root'] };
  const host = textAt(node, 'transport', 'ssh', 'host');
  const remote = textAt(node, 'transport', 'ssh', 'root');
  if (host !== undefined && remote !== undefined) {
    return { key: `ssh ${host.toLowerCase()}:${normalisePath(remote)}`, path: ['ssh', 'root'] };
  }
  const url = textAt(node, 'transport', 'agent', 'url');
  if (url !== undefined) return { key: `agent ${url.replace(/\/+$/u, '')}`, path: ['agent', 'url'] };
  return undefined;
}

/** `./a//b/../c/` and `a/c` are one place. */
function normalisePath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(part);
  }
  return `${path.startsWith('/') ? '/' : ''}${kept.join('/')}` || '.';
}
