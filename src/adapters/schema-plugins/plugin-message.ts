/** What crosses between Themis and the worker thread of one call of a plug-in. */
import type { QueryResult } from '../../ports/schema/database.ts';
import type { FoundPackage } from './find-package.ts';

export interface PluginOrder {
  readonly found: FoundPackage;
  readonly ask: PluginAsk;
}

export type PluginAsk =
  | { readonly method: 'load' }
  | { readonly method: 'canHandle'; readonly params: string }
  | { readonly method: 'apply' | 'rollback'; readonly params: string; readonly step: string };

/** By the worker. What a plug-in hands in as SQL and parameters is whatever it has. */
export type PluginReply =
  | { readonly kind: 'query'; readonly id: number; readonly sql: unknown; readonly parameters: unknown }
  | { readonly kind: 'ended'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string };

export type QueryAnswer =
  | { readonly id: number; readonly result: QueryResult }
  | { readonly id: number; readonly failed: { readonly code: string; readonly message: string } };
