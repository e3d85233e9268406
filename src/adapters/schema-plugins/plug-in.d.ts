/** The package of the order at hand: see `serve-plugin.ts`. */
declare module 'themis:plug-in' {
  const exported: unknown;
  export { exported as default };
  export const themisPlugin: unknown;
}
