/** Hydrates the HTML of a server after the network has returned other flags. */
import { createElement as h } from "react";
import { hydrateRoot } from "react-dom/client";
import { createFlags } from "../../../client/flags.ts";
import { FlagsProvider } from "../../../client/react.ts";
import { App } from "./app.ts";

declare global {
  interface Window {
    /** Every text that the page has shown for the flag. */
    shown: (string | null | undefined)[];
    /** Hydration errors that React repaired. */
    mended: string[];
  }
}

const { url, bootstrap } = JSON.parse(document.querySelector("#data")?.textContent ?? "{}");
const root = document.querySelector("#root") as HTMLElement;
const show = () => window.shown.push(root.querySelector("#meal")?.textContent);
window.shown = [];
window.mended = [];
show();
new MutationObserver(show).observe(root, { subtree: true, childList: true, characterData: true });

const flags = createFlags({ url, bootstrap });
window.flags = flags;
await flags.refresh();
hydrateRoot(root, h(FlagsProvider, { flags }, h(App)), {
  onRecoverableError: (error) => window.mended.push(String(error)),
});
