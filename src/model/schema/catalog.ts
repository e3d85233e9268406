/**
 * What a database says its schema is, without what belongs to the system, to extensions or to Themis. Expressions and
 * definitions are as PostgreSQL prints them with nothing but `pg_catalog` on the search path, so that equal schemas read
 * equal whoever made them. Lists are sorted by name, columns too: their order on disk is nobody's contract.
 *
 * Places (`schema.table`, `schema.table.column`) are names joined by dots as they are, without quotes.
 */
export interface Catalog {
  readonly schemas: readonly CatalogSchema[];
  readonly tables: readonly CatalogTable[];
  readonly views: readonly CatalogView[];
  readonly enums: readonly CatalogEnum[];
  readonly types: readonly CatalogType[];
  readonly sequences: readonly CatalogSequence[];
  readonly functions: readonly CatalogFunction[];
  /** What no operation knows, by name alone, so that it is seen to come and go: `extension pgcrypto`, `collation a.b`. */
  readonly others: readonly string[];
}

/** Whose a thing is, who may use it, and what is said of it. */
export interface Owned {
  readonly owner: string;
  /**
   * Statements, one for each right, sorted: `GRANT SELECT (email) ON public.users TO reader WITH GRANT OPTION`. Those of
   * the owner are left out; those that everybody has from the start (to call a function) are in.
   */
  readonly grants: readonly string[];
  readonly comment: string | null;
}

export interface CatalogSchema extends Owned {
  readonly name: string;
}

/** `schema` is the one it lies in; `public` where nobody says otherwise. */
export interface CatalogTable extends Owned {
  readonly schema: string;
  readonly name: string;
  /** A partition that is partitioned itself is `partitioned`, and has a `partition`. */
  readonly kind: 'table' | 'partitioned' | 'partition' | 'foreign';
  readonly columns: readonly CatalogColumn[];
  readonly constraints: readonly CatalogConstraint[];
  readonly indexes: readonly CatalogIndex[];
  readonly statistics: readonly CatalogStatistics[];
  /** Without those that constraints make, those that a partition has of its parent, and those of Themis. */
  readonly triggers: readonly CatalogTrigger[];
  readonly policies: readonly CatalogPolicy[];
  readonly rules: readonly CatalogRule[];
  /** Whether policies hold. */
  readonly rowSecurity: boolean;
  /** For the owner too. */
  readonly forcedRowSecurity: boolean;
  /** As ALTER TABLE ... REPLICA IDENTITY takes it: `DEFAULT`, `FULL`, `NOTHING`, `USING INDEX users_key`. */
  readonly replicaIdentity: string;
  /** That name the table itself, with their columns and rows: `changes (id, name) WHERE (id > 0)`. */
  readonly publications: readonly string[];
  readonly logged: boolean;
  /** `heap`; null where the table holds no rows itself. */
  readonly accessMethod: string | null;
  /** null: that of the database. */
  readonly tablespace: string | null;
  /** Storage parameters, `toast.` ones included, or the options of a foreign table: `fillfactor=70`. */
  readonly options: readonly string[];
  /** `schema.table` that it inherits from, in order; of a partition there is one. */
  readonly inherits: readonly string[];
  /** `RANGE (created_at)`. */
  readonly partitionKey: string | null;
  /** `FOR VALUES FROM (1) TO (10)`. */
  readonly partition: string | null;
  /** Foreign server. */
  readonly server: string | null;
  /** An estimate, of no digest. 0 exactly where the table has no page, so no row either. */
  readonly rows: number;
  /** With indexes and long values. Of no digest. */
  readonly sizeBytes: number;
}

export interface CatalogColumn {
  readonly name: string;
  /** On disk, from 1. Of no digest. */
  readonly position: number;
  /** `character varying(20)`, `public.mood[]`. */
  readonly type: string;
  /** A NOT NULL that nobody has validated (PostgreSQL 18) keeps no reader from finding NULL: it is nullable. */
  readonly nullable: boolean;
  /** Null where there is none, or where it is generated. */
  readonly default: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** Expression of a stored or virtual column. */
  readonly generated: string | null;
  /** Generated when it is read. */
  readonly virtual: boolean;
  /** Where it is not that of the type: `"C"`, `public.german`. */
  readonly collation: string | null;
  /** `plain`, `external`, `extended`, `main`; null: that of the type. */
  readonly storage: string | null;
  /** `pglz`, `lz4`; null: that of the server. */
  readonly compression: string | null;
  /** null: that of the server. */
  readonly statisticsTarget: number | null;
  /** `n_distinct=5`, and options of a foreign table's column. */
  readonly options: readonly string[];
  readonly comment: string | null;
}

/** NOT NULL is of the column, whatever the server's version makes of it. */
export interface CatalogConstraint {
  readonly name: string;
  readonly kind: 'primaryKey' | 'unique' | 'foreignKey' | 'check' | 'exclusion';
  /** In order, as the constraint names them; for a check, by name. */
  readonly columns: readonly string[];
  /** `CHECK ((price > 0))`, without NOT VALID. */
  readonly definition: string;
  readonly validated: boolean;
  /** `schema.table` that a foreign key points to. */
  readonly references: string | null;
  readonly comment: string | null;
}

export interface CatalogIndex {
  readonly name: string;
  /** Names of plain columns, in order, INCLUDE ones too; expressions are left out. */
  readonly columns: readonly string[];
  /** `CREATE UNIQUE INDEX ... ON ...`. */
  readonly definition: string;
  readonly unique: boolean;
  /** A build that failed leaves one that is not. */
  readonly valid: boolean;
  /** Of the constraint that it serves. */
  readonly constraint: string | null;
  /** CLUSTER goes by it. */
  readonly clustered: boolean;
  readonly tablespace: string | null;
  readonly comment: string | null;
}

/** CREATE STATISTICS. */
export interface CatalogStatistics {
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
  readonly owner: string;
  /** null: that of its columns. */
  readonly target: number | null;
  readonly comment: string | null;
}

export interface CatalogTrigger {
  readonly name: string;
  readonly definition: string;
  /** When it fires, as `session_replication_role` has it; `origin` is the common case. */
  readonly fires: 'origin' | 'replica' | 'always' | 'never';
  /** `schema.name(types)` that it calls. */
  readonly calls: string;
  readonly comment: string | null;
}

export interface CatalogPolicy {
  readonly name: string;
  /** `CREATE POLICY ... ON ...`. */
  readonly definition: string;
  /** See `CatalogView.reads`. */
  readonly reads: readonly string[];
  readonly comment: string | null;
}

export interface CatalogRule {
  readonly name: string;
  readonly definition: string;
  /** See `CatalogView.reads`. */
  readonly reads: readonly string[];
  readonly comment: string | null;
}

export interface CatalogView extends Owned {
  readonly schema: string;
  readonly name: string;
  readonly materialized: boolean;
  readonly definition: string;
  readonly columns: readonly CatalogColumn[];
  /** Of a materialized one. */
  readonly indexes: readonly CatalogIndex[];
  readonly triggers: readonly CatalogTrigger[];
  readonly rules: readonly CatalogRule[];
  /** `security_barrier=true`. */
  readonly options: readonly string[];
  /** `schema.table.column` that it reads, `schema.table` where it reads rows without naming a column; sorted. */
  readonly reads: readonly string[];
}

export interface CatalogEnum extends Owned {
  readonly schema: string;
  readonly name: string;
  /** In order. */
  readonly values: readonly string[];
}

export interface CatalogType extends Owned {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'domain' | 'composite' | 'range';
  /** `text NOT NULL CHECK (...)`, `(street text, city text)`, `(subtype = numeric)`. */
  readonly definition: string;
}

export interface CatalogSequence extends Owned {
  readonly schema: string;
  readonly name: string;
  /** `bigint INCREMENT 1 MINVALUE 1 ...`. Where it stands is of no catalog. */
  readonly definition: string;
  /** `schema.table.column` whose end is its own. */
  readonly ownedBy: string | null;
  /** Of an identity column: it is renamed and altered with it alone. */
  readonly identity: boolean;
  readonly logged: boolean;
}

export interface CatalogFunction extends Owned {
  readonly schema: string;
  /** With argument types: `normalise(text)`. */
  readonly name: string;
  readonly kind: 'function' | 'procedure' | 'aggregate';
  /** A statement; of an aggregate, what CREATE AGGREGATE has in its parentheses. */
  readonly definition: string;
  /** See `CatalogView.reads`; known only of a body in standard SQL, the others are text. */
  readonly reads: readonly string[];
}
