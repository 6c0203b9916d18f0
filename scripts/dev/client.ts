import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { makeDirectory } from "../../store/files/make-directory.ts";
import { bundleClient, parts } from "../client-bundle.ts";
import { defineCommand, type ExitCode } from "../command/command.ts";
import { main } from "../command/run-command.ts";

await main(
  defineCommand({
    name: "client",
    summary:
      "Bundles the client for a frontend to take: ES modules, minified, each with its types beside it.",
    operands: "",
    options: {
      out: { value: "DIRECTORY", help: "where to put them", default: "dist/client" },
      format: {
        value: "FORMAT",
        help: "output format",
        choices: ["text", "json"],
        default: "text",
      },
    },
    async run({ out, format }): Promise<ExitCode> {
      const modules = await Promise.all(
        parts.map(async (part) => ({ file: `${part}.js`, bytes: await bundleClient(part) })),
      );
      const types = declarations();
      makeDirectory(out);
      for (const { file, bytes } of modules) writeFileSync(path.join(out, file), bytes);
      for (const { file, text } of types) writeFileSync(path.join(out, file), text);

      const sizes = modules.map(({ file, bytes }) => {
        return { file, bytes: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
      });
      process.stdout.write(
        format === "json"
          ? `${JSON.stringify({ out, files: sizes })}\n`
          : `${sizes.map(formatSize).join("")}Bundled ${sizes.length} modules into ${out}\n`,
      );
      return 0;
    },
  }),
);

/** What TypeScript reads in place of each module; `extras` is not for anyone to import. */
function declarations(): { file: string; text: string }[] {
  const root = path.join(import.meta.dirname, "../..");
  const made = mkdtempSync(path.join(tmpdir(), "bunting-client-"));
  try {
    const compiler = path.join(root, "node_modules/.bin/tsc");
    const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly"];
    execFileSync(compiler, ["-p", path.join(root, "client"), ...options, "--outDir", made], {
      stdio: ["ignore", 2, 2],
    });
    return [...parts.filter((part) => part !== "extras"), "types"].map((name) => {
      const file = `${name}.d.ts`;
      const text = readFileSync(path.join(made, file), "utf8");
      return { file, text: text.replace(/(from "\.\/\w+)\.ts"/g, '$1.js"') };
    });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function formatSize({ file, bytes, gzipped }: { file: string; bytes: number; gzipped: number }) {
  return `${file.padEnd(14)}${kilobytes(bytes)} kB${kilobytes(gzipped)} kB gzipped\n`;
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(1).padStart(6);
}
