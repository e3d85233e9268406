/** Plug-ins as packages on disk, below a fleet directory of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSchemaPlugins } from '../../../src/adapters/schema-plugins/index.ts';
import type { PackagePlugins } from '../../../src/adapters/schema-plugins/packages.ts';
import { programFile } from '../../../src/apps/package-files.ts';
import type { SchemaPlugins } from '../../../src/ports/schema/schema-plugins.ts';
import { writeTree } from '../real-repository.ts';

export class PluginPackages {
  readonly home = mkdtempSync(join(tmpdir(), 'themis-plugins-'));
  readonly fleetDirectory = join(this.home, 'repository', 'fleet');

  constructor() {
    writeTree(this.fleetDirectory, { 'fleet.yaml': '' });
  }

  /** Into `node_modules` of the fleet directory; `code` is an ES module. */
  install(name: string, code: string, manifest: object = {}): void {
    this.write(`repository/fleet/node_modules/${name}`, name, code, manifest);
  }

  write(directory: string, name: string, code: string, manifest: object = {}): void {
    const about = { name, version: '1.2.0', type: 'module', exports: './plug-in.js', ...manifest };
    writeTree(join(this.home, directory), { 'package.json': JSON.stringify(about), 'plug-in.js': code });
  }

  open(change: Partial<PackagePlugins> = {}): SchemaPlugins {
    return openSchemaPlugins({
      kind: 'packages',
      fleetDirectory: this.fleetDirectory,
      allowLocal: false,
      entry: programFile('worker/schema-plugin'),
      environment: {},
      ...change,
    });
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A module whose plug-in is as told, and does nothing otherwise. */
export function plugInCode(methods = '', about = `name: 'graph', version: '1.2.0'`): string {
  const rest = `canHandle: () => true, async apply() {}, async rollback() {}`;
  return `export const themisPlugin = { ${about}, ${rest}, ${methods} };\n`;
}
