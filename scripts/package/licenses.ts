import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Metafile } from "esbuild";
import { compareText } from "../../schema/text/order.ts";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly directory: string;
}

/** The packages whose code is in a bundle, by name. `top` is the directory that its inputs are relative to. */
export function listBundledPackages(top: string, { inputs }: Metafile): BundledPackage[] {
  const directories = Object.keys(inputs).flatMap((file) => {
    const [directory] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
    return directory === undefined ? [] : [directory];
  });
  return [...new Set(directories)]
    .map((directory) => {
      const text = readFileSync(path.join(top, directory, "package.json"), "utf8");
      const { name, version, license } = JSON.parse(text);
      return { name, version, license: String(license ?? "unknown"), directory };
    })
    .sort((a, b) => compareText(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

/** The licences of bundled packages as one text: a bundle is a copy of their code. */
export function formatLicenses(top: string, packages: readonly BundledPackage[]): string {
  const byText = new Map<string, string[]>();
  for (const { name, version, license, directory } of packages) {
    const file = readdirSync(path.join(top, directory)).find((entry) =>
      /^(licen[cs]e|copying)/i.test(entry),
    );
    const text = file ? readFileSync(path.join(top, directory, file), "utf8").trim() : license;
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...byText].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
  return `This package contains code of these packages.\n\n${sections.join(`\n${"-".repeat(80)}\n\n`)}`;
}
