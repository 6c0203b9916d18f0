/** `npm run package`: makes `dist/package`, which `npm pack` puts into the tarball. */
import { chmodSync, copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeDirectory } from "../../store/files/make-directory.ts";
import { bundleClient, entries, parts } from "./bundle-client.ts";
import { bundleProgram } from "./bundle-program.ts";
import { declareClient, forCommonJs } from "./client-types.ts";
import { formatLicenses, listBundledPackages } from "./licenses.ts";

const top = path.join(import.meta.dirname, "../..");
const out = path.join(top, "dist/package");

rmSync(out, { recursive: true, force: true });
const metafile = await bundleProgram(out);
chmodSync(path.join(out, "bunting.js"), 0o755);
await writeClient(path.join(out, "client"));
copySchemas(path.join(out, "schema"));
const packages = listBundledPackages(top, metafile);
writeFileSync(path.join(out, "THIRD-PARTY-LICENSES.txt"), formatLicenses(top, packages));

async function writeClient(directory: string): Promise<void> {
  makeDirectory(directory);
  for (const part of parts) {
    writeFileSync(path.join(directory, `${part}.js`), await bundleClient(part));
  }
  // A module that loads later, such as `extras.js`, is the same for both: CommonJS can `import()`.
  for (const entry of entries) {
    writeFileSync(path.join(directory, `${entry}.cjs`), await bundleClient(entry, "cjs"));
  }
  for (const declaration of declareClient()) {
    for (const { file, text } of [declaration, forCommonJs(declaration)]) {
      makeDirectory(path.dirname(path.join(directory, file)));
      writeFileSync(path.join(directory, file), text);
    }
  }
}

/** Every JSON Schema and the description of the API, in one folder. */
function copySchemas(directory: string): void {
  makeDirectory(directory);
  const files = readdirSync(path.join(top, "schema"), { recursive: true, encoding: "utf8" });
  // Those name the environments of this repository's sample.
  const names = ["audience", "bunting", "flag", "tests"];
  const generated = names.map((name) => `${name}.schema.json`);
  const own = files.filter((name) => !generated.includes(name));
  for (const file of own.filter((name) => /\.schema\.json$|openapi\.yaml$/.test(name))) {
    copyFileSync(path.join(top, "schema", file), path.join(directory, path.basename(file)));
  }
}
