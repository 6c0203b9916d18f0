/** React where there is no browser: rendering on a server, and what the hooks weigh. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { createFlags } from "../../client/flags.ts";
import { createMemoryFlags } from "../../client/memory.ts";
import { FlagsProvider, useFlag, useFlags, useFlagsState } from "../../client/react.ts";
import { top } from "../scripts/run.ts";
import { list } from "./source.ts";

const names = ["meal_planning", "dark_mode", "no_such_flag", "constructor", "__proto__"];

function Page() {
  const flags = names.map((name) => h(Flag, { name, key: name }));
  return h("p", null, flags, JSON.stringify(useFlags()), useFlagsState().status);
}

function Flag({ name }: { readonly name: string }) {
  return `${useFlag(name)} or ${useFlag(name, true)}, `;
}

function render(element: ReturnType<typeof h>): string {
  return renderToString(element).replaceAll("&quot;", '"').replaceAll("<!-- -->", "");
}

test("useFlag() and useFlags() render the bootstrap on a server, from createFlags() and from memory", () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  const bootstrap = list({ meal_planning: true, dark_mode: false });
  const made = createFlags({ url: "http://127.0.0.1:9/v1/feature-flags/", bootstrap });
  made.close();
  for (const flags of [made, createMemoryFlags(bootstrap.flags)]) {
    expect(render(h(FlagsProvider, { flags }, h(Page)))).toBe(
      "<p>true or true, false or false, false or true, false or true, false or true, " +
        '{"meal_planning":true,"dark_mode":false}loading</p>',
    );
  }
  warn.mockRestore();
});

test("useFlag() renders the bootstrap on a server, though a flag has been turned since", () => {
  const flags = createMemoryFlags({ meal_planning: true, dark_mode: false });
  flags.set("meal_planning", false);
  expect(render(h(FlagsProvider, { flags }, h(Page)))).toContain("<p>true or true");
});

test("useFlag() gives the caller's default where nobody provides flags", () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  expect(render(h(Page))).toBe(
    "<p>false or true, false or true, false or true, false or true, false or true, {}loading</p>",
  );
  warn.mockRestore();
});

test("createFlags() and React's hooks are 2 kB at most, minified and gzipped", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { createFlags } from "./client/flags.ts";
        export { FlagsProvider, useFlag, useFlags, useFlagsState } from "./client/react.ts";`,
      resolveDir: top,
    },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react"],
    outdir: top,
    write: false,
  });
  // What options ask for is loaded apart, and only then.
  const [own] = outputFiles;
  expect(gzipSync(own?.contents ?? "", { level: 9 }).length).toBeLessThanOrEqual(2_000);
});
