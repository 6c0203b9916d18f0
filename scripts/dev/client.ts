import { writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { makeDirectory } from "../../store/files/make-directory.ts";
import { defineCommand, type ExitCode } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { writeResult } from "../command/report.ts";
import { main } from "../command/run-command.ts";
import { browserParts, bundleClient } from "../package/bundle-client.ts";
import { declareClient } from "../package/client-types.ts";

await main(
  defineCommand({
    name: "client",
    summary:
      "Bundle the client as minified ES modules with types, for frontends that do not use npm.",
    operands: "",
    options: {
      out: { value: "DIRECTORY", help: "the directory to write to", default: "dist/client" },
      format: shared.format,
    },
    async run({ out, format }): Promise<ExitCode> {
      const modules = await Promise.all(
        browserParts.map(async (part) => ({ file: `${part}.js`, bytes: await bundleClient(part) })),
      );
      const types = declareClient();
      makeDirectory(out);
      for (const { file, bytes } of modules) writeFileSync(path.join(out, file), bytes);
      for (const { file, text } of types) {
        makeDirectory(path.dirname(path.join(out, file)));
        writeFileSync(path.join(out, file), text);
      }

      const sizes = modules.map(({ file, bytes }) => {
        return { file, bytes: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
      });
      const text = `${sizes.map(formatSize).join("")}Bundled ${sizes.length} modules into ${out}`;
      writeResult(format, { out, files: sizes }, text);
      return 0;
    },
  }),
);

function formatSize({ file, bytes, gzipped }: { file: string; bytes: number; gzipped: number }) {
  const [all, sent] = [bytes, gzipped].map((count) => String(count).padStart(6));
  return `${file.padEnd(14)}${all} bytes${sent} bytes gzipped\n`;
}
