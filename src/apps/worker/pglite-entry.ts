/** What the adapter of embedded databases starts; `pglite.js` where Themis was built. */
export const pgliteEntry = new URL(import.meta.url.endsWith('.ts') ? 'pglite.ts' : 'pglite.js', import.meta.url);
