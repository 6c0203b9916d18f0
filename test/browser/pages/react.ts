/** React with flags that a test switches. */
import { createElement as h, startTransition, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { createFlags } from "../../../client/flags.ts";
import { createMemoryFlags, type MemoryFlags } from "../../../client/memory.ts";
import { FlagsProvider, useFlag } from "../../../client/react.ts";
import { App, renders } from "./app.ts";

declare global {
  interface Window {
    memory: MemoryFlags;
    renders: typeof renders;
    /** Evaluations of each flag, as metrics count them. */
    evaluations: Record<string, number>;
    /** Switches a flag during a slow render. Returns what each commit showed. */
    tear(): Promise<string[]>;
    /** Mounts and unmounts this many applications with one `Flags`. */
    mount(times: number): void;
    /** Creates and closes this many clients of this URL, half of them after a response. */
    make(times: number, url: string): Promise<void>;
  }
}

const memory = createMemoryFlags({ meal_planning: true, dark_mode: false });
const flags = {
  ...memory,
  isEnabled(name: string, fallback?: boolean) {
    window.evaluations[name] = (window.evaluations[name] ?? 0) + 1;
    return memory.isEnabled(name, fallback);
  },
};
window.evaluations = {};
window.memory = memory;
window.renders = renders;
const root = document.querySelector("#root") as HTMLElement;
createRoot(root).render(h(FlagsProvider, { flags }, h(App), h(Slow)));

let begin = () => {};
let committed: string[] = [];

function Slow() {
  const [isShown, setShown] = useState(false);
  begin = () => startTransition(() => setShown((was) => !was));
  useLayoutEffect(() => {
    const texts = [...document.querySelectorAll(".slow")].map(({ textContent }) => textContent);
    committed.push([...new Set(texts)].join());
  });
  return isShown ? Array.from({ length: 60 }, (_, key) => h(Part, { key })) : null;
}

function Part() {
  const isOn = useFlag("slow");
  const end = performance.now() + 2;
  while (performance.now() < end);
  return h("i", { className: "slow" }, isOn ? "on" : "off");
}

window.tear = async () => {
  committed = [];
  begin();
  await new Promise((resolve) => setTimeout(resolve, 40));
  const flippedBefore = committed.length;
  memory.set("slow", true);
  while (document.querySelectorAll(".slow").length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return [`${flippedBefore} before the flip`, ...committed];
};

window.mount = (times) => {
  for (let time = 0; time < times; time += 1) {
    const element = document.createElement("div");
    const temporary = createRoot(element);
    flushSync(() => temporary.render(h(FlagsProvider, { flags }, h(App))));
    memory.set("meal_planning", time % 2 === 0);
    flushSync(() => temporary.unmount());
  }
};

window.make = async (times, url) => {
  for (let time = 0; time < times; time += 1) {
    const made = createFlags({ url, refreshSeconds: 60 });
    made.subscribe(() => {});
    if (time % 2 === 0) await made.ready;
    made.close();
  }
};
