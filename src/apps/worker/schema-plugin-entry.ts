/** What the adapter of plug-ins starts; `schema-plugin.js` where Themis was built. */
export const schemaPluginEntry = new URL(
  import.meta.url.endsWith('.ts') ? 'schema-plugin.ts' : 'schema-plugin.js',
  import.meta.url,
);
