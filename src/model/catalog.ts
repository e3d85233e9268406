/**
 * What a database says its schema is, without what belongs to the system or to Themis. Expressions and definitions are
 * as PostgreSQL prints them, so that equal schemas read equal whoever made them. Lists are sorted by name, columns too:
 * their order on disk is nobody's contract.
 */
export interface Catalog {
  readonly tables: readonly CatalogTable[];
  readonly views: readonly CatalogView[];
  readonly enums: readonly CatalogEnum[];
  readonly sequences: readonly CatalogSequence[];
  readonly functions: readonly CatalogFunction[];
}

/** `schema` is the one it lies in; `public` where nobody says otherwise. */
export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned' | 'partition' | 'foreign';
  readonly columns: readonly CatalogColumn[];
  readonly constraints: readonly CatalogConstraint[];
  readonly indexes: readonly CatalogIndex[];
  /** Without those that constraints make, and without those of Themis. */
  readonly triggers: readonly { readonly name: string; readonly definition: string }[];
  readonly policies: readonly { readonly name: string; readonly definition: string }[];
  readonly grants: readonly string[];
  readonly comment: string | null;
  /** Estimates, of no digest. */
  readonly rows: number;
  readonly sizeBytes: number;
}

export interface CatalogColumn {
  readonly name: string;
  /** On disk, from 1. Of no digest. */
  readonly position: number;
  /** `character varying(20)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Null where there is none, or where it is generated. */
  readonly default: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** Expression of a stored or virtual column. */
  readonly generated: string | null;
  readonly collation: string | null;
  readonly comment: string | null;
}

/** NOT NULL is of the column, whatever the server's version makes of it. */
export interface CatalogConstraint {
  readonly name: string;
  readonly kind: 'primaryKey' | 'unique' | 'foreignKey' | 'check' | 'exclusion';
  readonly columns: readonly string[];
  /** `CHECK ((price > 0))`, without NOT VALID. */
  readonly definition: string;
  readonly validated: boolean;
  /** `schema.table` that a foreign key points to. */
  readonly references: string | null;
}

export interface CatalogIndex {
  readonly name: string;
  /** Names of plain columns, in order; expressions are left out. */
  readonly columns: readonly string[];
  /** `CREATE UNIQUE INDEX ... ON ...`. */
  readonly definition: string;
  readonly unique: boolean;
  /** A build that failed leaves one that is not. */
  readonly valid: boolean;
  /** Of the constraint that it serves. */
  readonly constraint: string | null;
}

export interface CatalogView {
  readonly schema: string;
  readonly name: string;
  readonly materialized: boolean;
  readonly definition: string;
  /** `schema.table.column` that it reads; sorted. */
  readonly reads: readonly string[];
}

export interface CatalogEnum {
  readonly schema: string;
  readonly name: string;
  /** In order. */
  readonly values: readonly string[];
  readonly comment: string | null;
}

export interface CatalogSequence {
  readonly schema: string;
  readonly name: string;
  /** `bigint increment 1 minvalue 1 ...`. */
  readonly definition: string;
  /** `schema.table.column` whose end is its own. */
  readonly ownedBy: string | null;
}

export interface CatalogFunction {
  readonly schema: string;
  /** With argument types: `normalise(text)`. */
  readonly name: string;
  readonly definition: string;
}
