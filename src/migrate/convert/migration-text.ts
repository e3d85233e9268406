/** A Migration in YAML, one operation a block, each under the line of the script that it comes from. */
import { Document, isMap, isScalar, visit, type YAMLMap } from 'yaml';
import type { Migration } from '../../model/documents.ts';
import type { ConvertedOperation } from './convert.ts';

export interface MigrationHead {
  readonly name: string;
  readonly database: string;
  readonly schemaVersion: number;
  /** Package to version range. */
  readonly release: Readonly<Record<string, string>>;
}

/** `file`: the script, as people know it. */
export function formatMigration(
  head: MigrationHead,
  operations: readonly ConvertedOperation[],
  file: string,
): { readonly migration: Migration; readonly text: string } {
  const { name, database, schemaVersion, release } = head;
  const migration: Migration = {
    apiVersion: 'themis.dev/v1',
    kind: 'Migration',
    metadata: { name },
    spec: {
      database,
      schemaVersion,
      ...(Object.keys(release).length === 0 ? {} : { release: { ...release } }),
      operations: operations.map(({ operation }) => operation),
    },
  };
  const document = new Document(migration, { aliasDuplicateObjects: false, version: '1.2', schema: 'core' });
  document.commentBefore = ` Converted by "themis migrate convert" from ${file}.`;
  const list = document.getIn(['spec', 'operations']) as { items: YAMLMap[] };
  for (const [index, { source, why }] of operations.entries()) {
    const from = ` line ${source.line}`;
    list.items[index]!.commentBefore = why === undefined ? from : `${from}: ${why}`;
  }
  quoteRanges(document.getIn(['spec', 'release']));
  quoteLines(document);
  return { migration, text: document.toString({ lineWidth: 0 }) };
}

/** A range is always quoted, though it may look like a number to nobody. */
function quoteRanges(release: unknown): void {
  if (!isMap(release)) return;
  for (const { value } of release.items) if (isScalar(value)) value.type = 'QUOTE_DOUBLE';
}

/** A block of YAML knows line feeds only, and cannot begin with a space that counts. */
function quoteLines(document: Document): void {
  visit(document, {
    Scalar(_, scalar) {
      const { value } = scalar;
      // eslint-disable-next-line no-control-regex
      if (typeof value === 'string' && /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/u.test(value)) {
        scalar.type = 'QUOTE_DOUBLE';
      }
    },
  });
}
