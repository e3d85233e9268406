/**
 * Documents as they are written in YAML, one type for each kind. Made from `schemas/` by
 * `npm run generate`; edit the schema, not this file.
 */

export type Document =
  Approval | Database | Fleet | Lock | Migration | Notification | Rollout | Tenant | UpdatePolicy | Verification;
/**
 * Lower-case letters, digits, dots, underscores and hyphens; starts and ends with a letter or digit.
 */
export type Name = string;
/**
 * SHA-256, as sha256: and 64 lower-case hex digits.
 */
export type Digest = string;
/**
 * An instant, RFC 3339.
 */
export type Instant = string;
/**
 * A whole or decimal number with a unit: ms, s, m, h, d or w; several may follow each other.
 */
export type Duration = string;
/**
 * A SemVer version or range, always quoted.
 */
export type VersionRange = string;
/**
 * An http or https URL of a directory, without user, password, query or fragment.
 */
export type ReleasesUrl = string;
/**
 * An http or https URL without user or password.
 */
export type HttpUrl = string;
/**
 * A metric name, with label matchers where needed.
 */
export type Series = string;
/**
 * A SemVer version, always quoted.
 */
export type Version = string;
/**
 * Table name, with its schema where it is not the default one.
 */
export type Table = string;
/**
 * Name of a column, index, constraint or type, as the database shows it.
 */
export type Identifier = string;
/**
 * A plain value.
 */
export type Scalar = string | number | boolean | null;
/**
 * Column names, in order.
 *
 * @minItems 1
 */
export type Columns = Identifier[];
/**
 * Referential action.
 */
export type ReferentialAction = 'noAction' | 'restrict' | 'cascade' | 'setNull' | 'setDefault';
/**
 * expand: before the first node gets the release; migrate: after the last node has it; contract: after that, once grace has passed.
 */
export type Phase = 'expand' | 'migrate' | 'contract';
/**
 * A label selector as kubectl writes it: key=value, key!=value, key, !key, joined by commas.
 */
export type Selector = string;
/**
 * Day of the week.
 */
export type Day = 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday';
/**
 * Wall-clock time, quoted: hours and minutes.
 */
export type TimeOfDay = string;
/**
 * Wall-clock time, quoted; 24:00 is the end of the day.
 */
export type EndOfWindow = string;
/**
 * An IANA time zone.
 */
export type TimeZone = string;
/**
 * A date (2026-12-20) or an instant (2026-12-20T08:00:00Z).
 */
export type DateOrInstant = string;

/**
 * A decision of a person, reviewed like any other file and signed by its commit. It is void once the target digest moves.
 */
export interface Approval {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Approval';
  /**
   * Names the approval.
   */
  metadata: {
    name: Name;
  };
  /**
   * What is approved.
   */
  spec: {
    /**
     * What it is for: the target digest, and exactly one of stage, step, tenant and emergency.
     */
    for: {
      target: Digest;
      /**
       * Stage that may be promoted, from 1.
       */
      stage?: number;
      /**
       * Step that may run, by its id.
       */
      step?: string;
      tenant?: Name;
      /**
       * Opens windows, blackouts, consent, notice and stage approvals; never skew, quorum, gates or bakes. Needs expiresAt.
       */
      emergency?: true;
    };
    /**
     * Who approves.
     */
    by: string;
    /**
     * Why.
     */
    reason: string;
    expiresAt?: Instant;
  };
}
/**
 * A database whose schema belongs to the fleet.
 */
export interface Database {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Database';
  /**
   * Names the database.
   */
  metadata: {
    name: Name;
  };
  /**
   * Where the database is.
   */
  spec: {
    /**
     * Engine. Default: pglite where pglite is given, else postgresql.
     */
    engine?: 'postgresql' | 'pglite';
    urlFrom?: Secret;
    /**
     * An embedded database. Exactly one of urlFrom and pglite.
     */
    pglite?: {
      /**
       * Its directory, relative to the fleet directory.
       */
      directory: string;
    };
    lockTimeout?: Duration;
    statementTimeout?: Duration;
    /**
     * Connections Themis may open at once.
     */
    connections?: number;
  };
}
/**
 * Where a secret lies. It is resolved where it is used and never written to a plan, journal, log or comment.
 */
export interface Secret {
  /**
   * Name of an environment variable.
   */
  env?: string;
  /**
   * Path of a file on the machine that uses the secret.
   */
  file?: string;
}
/**
 * A fleet of database nodes: what each of them should run, and where everything lies. One per directory tree.
 */
export interface Fleet {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Fleet';
  /**
   * Names the fleet.
   */
  metadata: {
    name: Name;
    /**
     * Identity of the fleet, written once by themis init and never changed; names its state. Any UUID.
     */
    uid: string;
  };
  /**
   * What the fleet should be.
   */
  spec: {
    /**
     * Package to version or SemVer range. themis lock resolves ranges and pins them in themis.lock.yaml; only pins are ever applied.
     */
    packages: {
      [k: string]: VersionRange;
    };
    /**
     * Where releases lie. Exactly one of its fields.
     */
    releases: {
      /**
       * Releases directory (index.json lies in it), relative to the fleet directory.
       */
      directory?: string;
      /**
       * An HTTP server that serves a releases directory.
       */
      http?: {
        url: ReleasesUrl;
        /**
         * Certificate authorities of the server, PEM, believed beside the usual ones: a path relative to the fleet directory. Nodes have their own in node.yaml.
         */
        ca?: string;
        tokenFrom?: Secret;
      };
      /**
       * GitHub Releases of a repository: a release directory is named like its tag, the index lies in the release tagged themis-index.
       */
      github?: {
        /**
         * Owner of the repository.
         */
        owner: string;
        /**
         * Name of the repository.
         */
        repo: string;
        apiUrl?: ReleasesUrl;
        /**
         * Certificate authorities of the server, PEM, believed beside the usual ones: a path relative to the fleet directory. Nodes have their own in node.yaml.
         */
        ca?: string;
        tokenFrom?: Secret;
      };
    };
    rollout?: Name;
    /**
     * Where locks, journal and history are kept. Default: sqlite.
     */
    coordination?: {
      /**
       * A SQLite store in the state directory of this machine.
       */
      sqlite?: {};
      /**
       * An etcd cluster, for more than one controller machine.
       */
      etcd?: {
        /**
         * Addresses of its members.
         *
         * @minItems 1
         */
        endpoints: HttpUrl[];
        /**
         * Certificates for the connection.
         */
        tls?: {
          ca?: Secret;
          certificate?: Secret;
          key?: Secret;
          /**
           * Name expected in the server certificate.
           */
          serverName?: string;
        };
        /**
         * Prefix of all keys. Default: /themis/ and the uid of the fleet.
         */
        prefix?: string;
      };
    };
    /**
     * Where gates find their samples, and the names of the series. Default: the /metrics endpoints of the nodes.
     */
    metrics?: {
      /**
       * The /metrics endpoint of every node.
       */
      nodes?: {};
      /**
       * A Prometheus server.
       */
      prometheus?: {
        url: HttpUrl;
        tokenFrom?: Secret;
        /**
         * Label that holds the name of the node.
         */
        nodeLabel?: string;
      };
      /**
       * Recorded samples, for replay.
       */
      file?: {
        /**
         * File with samples, relative to the fleet directory.
         */
        path: string;
      };
      /**
       * What the database calls its series, as Prometheus selectors without the label of the node.
       */
      signals?: {
        requests?: Series;
        failedRequests?: Series;
        transactions?: Series;
        failedTransactions?: Series;
        duration?: Series;
        memory?: Series;
        memoryLimit?: Series;
        cpu?: Series;
        cpus?: Series;
        diskIo?: Series;
      };
    };
    /**
     * Ways from one release to another that nobody may take. Upgrade paths go round them.
     *
     * Items: One such way.
     */
    knownBad?: {
      package: Name;
      from: VersionRange;
      to: VersionRange;
      /**
       * Shown wherever the way is avoided.
       */
      reason: string;
    }[];
    /**
     * The nodes, in any order.
     *
     * @minItems 1
     */
    nodes: Node[];
  };
}
/**
 * One node of the fleet.
 */
export interface Node {
  name: Name;
  /**
   * How Themis reaches the node. Exactly one of its fields.
   */
  transport: {
    /**
     * A node on this machine.
     */
    local?: {
      /**
       * Node root (node.yaml lies in it), relative to the fleet directory.
       */
      root: string;
    };
    /**
     * A node reached with the system ssh client.
     */
    ssh?: {
      /**
       * Host name or address.
       */
      host: string;
      /**
       * TCP port of sshd.
       */
      port?: number;
      /**
       * Login name; ssh decides where it is left out.
       */
      user?: string;
      /**
       * Absolute path of the node root on that machine.
       */
      root: string;
      identityFrom?: Secret;
      /**
       * Path of the known_hosts file, relative to the fleet directory.
       */
      knownHosts?: string;
    };
    /**
     * A node that runs themis node serve.
     */
    agent?: {
      url: HttpUrl;
    };
  };
  cluster?: Name;
  labels?: Labels;
  /**
   * Tenants served by the node. It may be touched only when all of their windows are open.
   */
  tenants?: Name[];
}
/**
 * Labels: free key and value texts that selectors match.
 */
export interface Labels {
  [k: string]: string;
}
/**
 * themis.lock.yaml: what version ranges were resolved to. Written by themis lock and committed; never edited by hand.
 */
export interface Lock {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Lock';
  /**
   * The pins, sorted.
   */
  packages: Pin[];
}
/**
 * One release that may run.
 */
export interface Pin {
  package: Name;
  version: Version;
  manifestHash: Digest;
  /**
   * Platform of the release.
   */
  platform: 'linux' | 'macos' | 'windows' | 'any';
  /**
   * Architecture of the release.
   */
  architecture: 'x64' | 'arm64' | 'any';
}
/**
 * A change of a database schema that belongs to a release.
 */
export interface Migration {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Migration';
  /**
   * Names the migration.
   */
  metadata: {
    name: Name;
  };
  /**
   * What to change, and when.
   */
  spec: {
    database: Name;
    /**
     * Schema version after the migration; unique for each database, and one more than that of the migration before it.
     */
    schemaVersion: number;
    /**
     * Package to version range: expanded before the first node gets it, contracted after the last one has it and grace has passed. Versions beyond the range have it too. Without it nothing waits for nodes.
     */
    release?: {
      [k: string]: VersionRange;
    };
    /**
     * Migrations that come before, of this database or another; none may wait for a later release than this one.
     */
    dependsOn?: Name[];
    /**
     * After a failed operation: undo the ones before it, or stop and wait for a person.
     */
    onFailure?: 'rollback' | 'pause';
    /**
     * Operations, in order.
     *
     * @minItems 1
     */
    operations: Operation[];
    /**
     * Queries that must work before, during and after, besides those that releases list in their manifests; one of the same name takes their place.
     *
     * Items: A query.
     */
    probes?: {
      name: Name;
      /**
       * The query.
       */
      sql: string;
      /**
       * Package to version range of the releases that send it. Default: all.
       */
      release?: {
        [k: string]: VersionRange;
      };
    }[];
    /**
     * When background copies slow down.
     */
    throttle?: {
      maxWriterP99?: Duration;
      maxReplicationLag?: Duration;
    };
  };
}
/**
 * One operation. Exactly one of its fields.
 */
export interface Operation {
  /**
   * Creates a table.
   */
  createTable?: {
    table: Table;
    /**
     * Its columns, in order.
     *
     * @minItems 1
     */
    columns: Column[];
    primaryKey?: Columns;
    /**
     * Further constraints.
     */
    constraints?: Constraint[];
    /**
     * Comment kept in the database.
     */
    comment?: string;
  };
  /**
   * Drops a table after grace.
   */
  dropTable?: {
    table: Table;
    gracePeriod?: Duration;
  };
  /**
   * Renames a table; the old name stays usable until grace has passed.
   */
  renameTable?: {
    from: Table;
    to: Table;
    gracePeriod?: Duration;
  };
  /**
   * Adds a column without rewriting the table.
   */
  addColumn?: {
    table: Table;
    column: Column;
  };
  /**
   * Renames a column; both names are written until grace has passed.
   */
  renameColumn?: {
    table: Table;
    from: Identifier;
    to: Identifier;
    gracePeriod?: Duration;
  };
  /**
   * Drops a column after grace.
   */
  dropColumn?: {
    table: Table;
    column: Identifier;
    gracePeriod?: Duration;
  };
  /**
   * Changes type, nullability, default or check of a column.
   */
  alterColumn?: {
    table: Table;
    column: Identifier;
    /**
     * New type.
     */
    type?: string;
    /**
     * SQL expression from the old to the new value.
     */
    using?: string;
    /**
     * SQL expression from the new to the old value, for undo.
     */
    reverseUsing?: string;
    /**
     * Whether it may be null.
     */
    nullable?: boolean;
    default?: Scalar;
    /**
     * New default as an SQL expression.
     */
    defaultExpression?: string;
    /**
     * Removes the default.
     */
    dropDefault?: boolean;
    /**
     * New check as an SQL expression.
     */
    check?: string;
    /**
     * How the change is made online. auto chooses.
     */
    method?: 'auto' | 'inPlace' | 'shadowColumn' | 'shadowTable';
    gracePeriod?: Duration;
  };
  /**
   * Adds an index.
   */
  addIndex?: {
    table: Table;
    name: Identifier;
    /**
     * Columns or SQL expressions, in order.
     *
     * @minItems 1
     *
     * Items: Column or SQL expression.
     */
    columns: string[];
    /**
     * Whether values are unique.
     */
    unique?: boolean;
    /**
     * Whether writers go on meanwhile.
     */
    online?: boolean;
    /**
     * Index method.
     */
    method?: 'btree' | 'hash' | 'gin' | 'gist' | 'brin' | 'spgist';
    include?: Columns;
    /**
     * Rows it covers, as an SQL expression.
     */
    where?: string;
  };
  /**
   * Drops an index after grace.
   */
  dropIndex?: {
    table: Table;
    name: Identifier;
    /**
     * Whether writers go on meanwhile.
     */
    online?: boolean;
    gracePeriod?: Duration;
  };
  /**
   * Adds a constraint in two steps: for new rows first, then validated. Exactly one of check, unique and foreignKey.
   */
  addConstraint?: {
    table: Table;
    name: Identifier;
    /**
     * Check as an SQL expression.
     */
    check?: string;
    unique?: Columns;
    foreignKey?: ForeignKey;
    /**
     * False leaves existing rows unchecked.
     */
    validate?: boolean;
  };
  /**
   * Drops a constraint after grace.
   */
  dropConstraint?: {
    table: Table;
    name: Identifier;
    gracePeriod?: Duration;
  };
  /**
   * Adds a value to an enumerated type.
   */
  addEnumValue?: {
    type: Identifier;
    /**
     * New value.
     */
    value: string;
    /**
     * Existing value to stand before.
     */
    before?: string;
    /**
     * Existing value to stand after.
     */
    after?: string;
  };
  /**
   * Fills columns of existing rows in batches, in the background.
   */
  backfill?: {
    table: Table;
    /**
     * Column to SQL expression.
     */
    set: {
      /**
       * SQL expression.
       */
      [k: string]: string;
    };
    /**
     * Rows to fill, as an SQL expression.
     */
    where?: string;
    key?: Columns;
    /**
     * Rows of the first batch; it adapts.
     */
    batchSize?: number;
    /**
     * Column to SQL expression that takes the values back.
     */
    undo?: {
      /**
       * SQL expression.
       */
      [k: string]: string;
    };
  };
  /**
   * Runs SQL as it is. Exactly one of down and irreversible.
   */
  rawSql?: {
    /**
     * SQL to run.
     */
    up: string;
    /**
     * SQL that takes it back.
     */
    down?: string;
    /**
     * Why it cannot be taken back.
     */
    irreversible?: string;
    phase?: Phase;
    /**
     * Whether it runs in one transaction.
     */
    transactional?: boolean;
  };
  /**
   * Runs a plug-in.
   */
  custom?: {
    /**
     * Package name of the plug-in.
     */
    plugin: string;
    version?: VersionRange;
    /**
     * Parameters; the plug-in checks them.
     */
    params?: {
      [k: string]: unknown;
    };
    phase?: Phase;
    timeout?: Duration;
  };
}
/**
 * A column.
 */
export interface Column {
  name: Identifier;
  /**
   * Type, as the engine writes it.
   */
  type: string;
  /**
   * Whether it may be null.
   */
  nullable?: boolean;
  default?: Scalar;
  /**
   * Default as an SQL expression.
   */
  defaultExpression?: string;
  /**
   * Check of the column as an SQL expression.
   */
  check?: string;
  /**
   * Comment kept in the database.
   */
  comment?: string;
}
/**
 * A constraint of a new table.
 */
export interface Constraint {
  name: Identifier;
  /**
   * Check as an SQL expression.
   */
  check?: string;
  unique?: Columns;
  foreignKey?: ForeignKey;
}
/**
 * A foreign key.
 */
export interface ForeignKey {
  columns: Columns;
  /**
   * What they point to.
   */
  references: {
    table: Table;
    columns: Columns;
  };
  onDelete?: ReferentialAction;
  onUpdate?: ReferentialAction;
}
/**
 * Tells people or systems what happens. Exactly one channel.
 */
export interface Notification {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Notification';
  /**
   * Names the notification.
   */
  metadata: {
    name: Name;
  };
  /**
   * What to tell, and where.
   */
  spec: {
    /**
     * Events to tell.
     *
     * @minItems 1
     *
     * Items: Event.
     */
    on: ('update_available' | 'critical_update' | 'update_applied' | 'update_failed' | 'rollback_performed')[];
    /**
     * A Slack webhook.
     */
    slack?: {
      urlFrom: Secret;
      /**
       * Channel. Default: the one of the webhook.
       */
      channel?: string;
    };
    /**
     * A PagerDuty service.
     */
    pagerDuty?: {
      routingKeyFrom: Secret;
      /**
       * Severity of the incident.
       */
      severity?: 'critical' | 'error' | 'warning' | 'info';
    };
    /**
     * Any HTTP endpoint.
     */
    webhook?: {
      urlFrom: Secret;
      hmacFrom?: Secret;
      timeout?: Duration;
      /**
       * Tries after the first.
       */
      retries?: number;
    };
  };
}
/**
 * How a change reaches the nodes: order, limits, stages and gates.
 */
export interface Rollout {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Rollout';
  /**
   * Names the rollout.
   */
  metadata: {
    name: Name;
  };
  /**
   * How to roll out.
   */
  spec: {
    /**
     * Nodes of one cluster that may be down at once, for any reason.
     */
    maxUnavailable?: number;
    /**
     * Minor versions that two nodes of one cluster may be apart at any instant.
     */
    maxMinorSkew?: number;
    /**
     * Label groups, taken one after the other; nodes that match none come last.
     */
    order?: Selector[];
    /**
     * Label key over whose values the nodes of a stage are spread.
     */
    spreadBy?: string;
    /**
     * Health after a restart.
     */
    health?: {
      timeout?: Duration;
      maxReplicationLag?: Duration;
    };
    /**
     * After a failed node: return the updated ones in reverse order, or stop and wait for a person.
     */
    onFailure?: 'rollback' | 'pause';
    /**
     * Stages, in order; shares rise to 100. Default: one stage of everyone.
     *
     * @minItems 1
     */
    stages?: Stage[];
    /**
     * Limits that every stage must keep before it is promoted.
     */
    gates?: Gate[];
  };
}
/**
 * One stage: a growing share of the nodes, or nodes by name.
 */
export interface Stage {
  /**
   * Cumulative share of all nodes, rounded down: floor(percentage x nodes / 100). Exactly one of percentage and nodes.
   */
  percentage?: number;
  /**
   * Nodes of this stage, by name. Exactly one of percentage and nodes.
   *
   * @minItems 1
   */
  nodes?: Name[];
  /**
   * New nodes the stage takes even where its share rounds down to fewer.
   */
  atLeast?: number;
  bake?: Duration;
  bakeLimit?: Duration;
  /**
   * What opens the next stage: passing gates after the bake, an Approval, or both.
   */
  promotion?: 'gate' | 'approval' | 'both';
  /**
   * What to do when evidence is still insufficient at the bake limit.
   */
  onInsufficient?: 'pause' | 'rollback' | 'promote';
}
/**
 * A limit on a metric. A gate passes, fails, or has insufficient evidence.
 */
export interface Gate {
  /**
   * What is measured; custom takes its own query.
   */
  metric:
    | 'errorRate'
    | 'latencyP50'
    | 'latencyP95'
    | 'latencyP99'
    | 'transactionFailureRate'
    | 'memory'
    | 'cpu'
    | 'diskIo'
    | 'custom';
  name?: Name;
  /**
   * Upper limit. Rates and shares are numbers from 0 to 1, latencies durations, memory a share or a size, diskIo a size per second.
   */
  max?: number | string;
  /**
   * Lower limit of a custom metric.
   */
  min?: number;
  /**
   * Where the samples come from. Default: the metrics of the Fleet.
   */
  provider?: 'prometheus' | 'nodes' | 'file';
  /**
   * Query of a custom metric, in the language of its provider; {{node}} stands for the name of the node.
   */
  query?: string;
  /**
   * Compare the new nodes with concurrent nodes of the same role that run the old version.
   */
  compare?: 'control';
  /**
   * Difference from the control that fails the gate, as a share: 0.1 is 10 % worse.
   */
  worseBy?: number;
  /**
   * Fewer samples than this are insufficient.
   */
  minSamples?: number;
}
/**
 * A customer of the fleet: when its nodes may be touched, and on what terms.
 */
export interface Tenant {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Tenant';
  /**
   * Names the tenant.
   */
  metadata: {
    name: Name;
  };
  /**
   * When and how the tenant may be touched.
   */
  spec: {
    /**
     * critical goes first in order, low yields its slot.
     */
    priority?: 'critical' | 'normal' | 'low';
    /**
     * Maintenance windows. Without any the tenant is always open.
     */
    windows?: Window[];
    /**
     * Times that close every window.
     */
    blackouts?: Blackout[];
    /**
     * Terms of an update.
     */
    policy?: {
      /**
       * False: updates wait for consent.
       */
      autoUpdate?: boolean;
      /**
       * True: critical releases pass autoUpdate: false and consent; never a blackout, skew or quorum.
       */
      criticalAutoUpdate?: boolean;
      noticeLeadTime?: Duration;
      /**
       * Whether an Approval for the tenant is needed.
       */
      consent?: 'required' | 'none';
    };
  };
}
/**
 * A weekly window in which nodes of the tenant may be touched; it may run past midnight.
 */
export interface Window {
  /**
   * Days on which the window opens. Default: every day.
   *
   * @minItems 1
   */
  days?: Day[];
  from: TimeOfDay;
  to: EndOfWindow;
  timezone: TimeZone;
}
/**
 * A time in which nothing may be touched. It closes every window.
 */
export interface Blackout {
  from: DateOrInstant;
  to: DateOrInstant;
  timezone?: TimeZone;
  /**
   * Shown wherever the blackout holds something back.
   */
  reason?: string;
}
/**
 * Which new releases become a proposed change of the desired state, and when.
 */
export interface UpdatePolicy {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'UpdatePolicy';
  /**
   * Names the update policy.
   */
  metadata: {
    name: Name;
  };
  /**
   * What to watch for.
   */
  spec: {
    package: Name;
    versions?: VersionRange;
    interval?: Duration;
    /**
     * Only critical releases.
     */
    criticalOnly?: boolean;
    /**
     * True: the change waits for a review. False: it is merged when its checks pass.
     */
    requireApproval?: boolean;
    /**
     * When a change may be proposed. Default: at any time.
     */
    schedule?: {
      /**
       * Days. Default: every day.
       *
       * @minItems 1
       */
      days?: Day[];
      time: TimeOfDay;
      timezone: TimeZone;
    };
  };
}
/**
 * Checks that a node must pass after an update.
 */
export interface Verification {
  /**
   * Format of the document.
   */
  apiVersion: 'themis.dev/v1';
  /**
   * Kind of the document.
   */
  kind: 'Verification';
  /**
   * Names the verification.
   */
  metadata: {
    name: Name;
  };
  /**
   * What to check.
   */
  spec: {
    nodes?: Selector;
    /**
     * The checks, run in this order.
     *
     * @minItems 1
     */
    checks: Check[];
  };
}
/**
 * One check.
 */
export interface Check {
  name: Name;
  /**
   * smoke: it answers; integration: it answers right; performance: it answers fast enough; schema: its data has the right schema version.
   */
  type: 'smoke' | 'integration' | 'performance' | 'schema';
  /**
   * Opens a TCP connection to the node.
   */
  tcp?: {
    /**
     * Port.
     */
    port: number;
  };
  /**
   * Sends an HTTP request to the node.
   */
  http?: {
    /**
     * Request method.
     */
    method?: 'GET' | 'HEAD' | 'POST';
    /**
     * Path and query, from the root of the service.
     */
    path: string;
    /**
     * Port. Default: the one of the node's health endpoint.
     */
    port?: number;
    /**
     * Body of a POST.
     */
    body?: string;
    /**
     * Expected status.
     */
    status?: number;
    /**
     * Text the answer must contain.
     */
    contains?: string;
  };
  /**
   * Requests of a performance check.
   */
  requests?: number;
  /**
   * Requests in flight at once.
   */
  concurrency?: number;
  p50?: Duration;
  p95?: Duration;
  p99?: Duration;
  /**
   * Largest share of failed requests.
   */
  maxErrorRate?: number;
  /**
   * Lowest data schema version that passes.
   */
  minSchemaVersion?: number;
  /**
   * Highest data schema version that passes.
   */
  maxSchemaVersion?: number;
  timeout?: Duration;
  /**
   * Tries after the first.
   */
  retries?: number;
}
