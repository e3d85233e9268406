/** The texts of a demo fleet: five nodes in two zones, one canary first, on ports of this machine. */
export interface DemoNode {
  readonly name: string;
  readonly port: number;
  readonly zone: string;
}

export const demoNodeNames = ['node-a', 'node-b', 'node-c', 'node-d', 'node-e'] as const;

export function fleetText(uid: string, version: string, nodes: readonly DemoNode[]): string {
  const lines = nodes.map(
    (node) => `    - name: ${node.name}
      transport: { local: { root: ./nodes/${node.name} } }
      labels: { zone: ${node.zone} }
`,
  );
  return `apiVersion: themis.dev/v1
kind: Fleet
metadata:
  name: demo
  uid: ${uid}
spec:
  packages:
    themisdb: "${version}"
  releases:
    directory: ./releases
  rollout: careful
  nodes:
${lines.join('')}`;
}

export const rolloutText = `apiVersion: themis.dev/v1
kind: Rollout
metadata:
  name: careful
spec:
  maxUnavailable: 1
  maxMinorSkew: 1
  health: { timeout: 30s }
  onFailure: rollback
  stages:
    - { percentage: 20, bake: 2s }
    - { percentage: 100 }
`;

export const databaseText = `apiVersion: themis.dev/v1
kind: Database
metadata: { name: orders }
spec: { pglite: { directory: ./db } }
`;

/** What the old version works with. */
export const ordersText = `apiVersion: themis.dev/v1
kind: Migration
metadata: { name: make-orders }
spec:
  database: orders
  schemaVersion: 1
  operations:
    - createTable:
        table: orders
        columns:
          - { name: id, type: bigint, nullable: false }
          - { name: phone, type: text }
        primaryKey: [id]
    - rawSql:
        up: INSERT INTO orders SELECT n, '0049 30 ' || n FROM generate_series(1, 20000) AS n
        down: DELETE FROM orders
`;

/** What the new version needs beside it. */
export function phoneText(version: string): string {
  return `apiVersion: themis.dev/v1
kind: Migration
metadata: { name: add-phone-number }
spec:
  database: orders
  schemaVersion: 2
  release: { themisdb: ">=${version}" }
  operations:
    - addColumn: { table: orders, column: { name: phone_number, type: text } }
    - addIndex: { table: orders, columns: [phone_number], name: orders_phone_number }
    - backfill:
        table: orders
        set: { phone_number: "replace(phone, ' ', '')" }
        where: phone_number IS NULL
        undo: { phone_number: "NULL" }
`;
}

/** A node root's own settings; the command runs the installed server with the Node that runs Themis. */
export function nodeText(node: DemoNode, runtime: string): string {
  const url = `http://127.0.0.1:${node.port}`;
  return `apiVersion: themis.dev/v1
kind: Node
name: ${node.name}
service:
  manager: supervised
  command: [${JSON.stringify(runtime)}, lib/main.ts, --config, ../server.json]
  stopTimeout: 10s
endpoints:
  health: { url: "${url}/health" }
  metrics: { url: "${url}/metrics" }
  drain: { url: "${url}/drain" }
  rejoin: { url: "${url}/rejoin" }
  transferLeadership: { url: "${url}/transfer-leadership" }
drainTimeout: 15s
`;
}

export function serverText(node: DemoNode, nodes: readonly DemoNode[]): string {
  const peers = nodes
    .filter((other) => other.name !== node.name)
    .map((other) => ({ name: other.name, url: `http://127.0.0.1:${other.port}` }));
  return `${JSON.stringify({ name: node.name, port: node.port, data: 'data', peers }, null, 2)}\n`;
}

export const ignoreText = 'nodes/\nreleases/\nkeys/\ndb/\n*.themis-lock\n*.themisplan\n';
