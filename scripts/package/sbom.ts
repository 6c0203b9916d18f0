import { execFileSync } from "node:child_process";
import type { BundledPackage } from "./licenses.ts";

interface Bom {
  readonly components: readonly { readonly name: string; readonly version: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * The software bill of materials of the package, in CycloneDX: npm's own for everything that is installed,
 * without what is not in the bundle.
 */
export function formatSbom(top: string, packages: readonly BundledPackage[]): string {
  const args = [
    "sbom",
    "--loglevel=error",
    "--sbom-format",
    "cyclonedx",
    "--sbom-type",
    "application",
  ];
  const text = execFileSync("npm", args, { cwd: top, encoding: "utf8", maxBuffer: 2 ** 26 });
  const bom = JSON.parse(text) as Bom & Record<string, unknown>;
  const bundled = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = bom.components.filter(({ name, version }) =>
    bundled.has(`${name}@${version}`),
  );
  const dependencies = bom.dependencies
    .filter(({ ref }) => bundled.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => bundled.has(one)) }));
  return `${JSON.stringify({ ...bom, components, dependencies }, null, 2)}\n`;
}
