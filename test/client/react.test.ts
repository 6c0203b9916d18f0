/** React without a browser: rendering on a server. */
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { createFlags } from "../../client/flags.ts";
import { createMemoryFlags } from "../../client/memory.ts";
import { FlagsProvider, useFlag, useFlags, useFlagsState } from "../../client/react.ts";
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

test("useFlag() and useFlags() render the bootstrap on a server, with createFlags() and createMemoryFlags()", () => {
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

test("useFlag() renders the bootstrap on a server, even if a flag has changed since", () => {
  const flags = createMemoryFlags({ meal_planning: true, dark_mode: false });
  flags.set("meal_planning", false);
  expect(render(h(FlagsProvider, { flags }, h(Page)))).toContain("<p>true or true");
});

test("useFlag() returns the caller's default without a provider", () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  expect(render(h(Page))).toBe(
    "<p>false or true, false or true, false or true, false or true, false or true, {}loading</p>",
  );
  warn.mockRestore();
});
