/** Checks of a flag's values beyond its shape: one function for each rule, with the rule as its comment. */
import { givesEveryone } from "../evaluate/everyone.ts";
import { type FlagFile, normalize } from "../flag/flag.ts";
import type { Finding } from "../problem/problem.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import type { YamlSource } from "../yaml/source.ts";
import { findingsOf, type Report } from "./report.ts";
import { checkTexts } from "./text-checks.ts";

export function checkFlag(flag: FlagFile, source: YamlSource, project: Project): Finding[] {
  return findingsOf(source, (report) => {
    for (const check of checks) check(flag, report, project);
    checkTexts(report);
  });
}

/** A check of the values of a file that has the right shape. */
type Check = (flag: FlagFile, report: Report, project: Project) => void;

const checks: readonly Check[] = [
  /** The description says in a sentence what the flag does. */
  function hasDescription({ description = "" }, report) {
    const message = "Says nothing about what the flag does";
    const hint = 'add "description: " and a sentence that someone on call understands';
    if (description.trim() === "") report("/description", "missing-description", message, hint);
  },

  /** A flag has an owner. */
  function hasOwner({ owner }, report) {
    const hint = 'add "owner: " and the team to ask';
    if (owner === undefined) report("/owner", "missing-owner", "Names no owner", hint);
  },

  /** An expired flag is removed. */
  function isNotExpired({ expires }, report) {
    if (expires === undefined) return;
    const message = `Should have been gone by ${expires}`;
    const hint = "remove it from the code, then here; or agree on a new day";
    report("/expires", "expired", message, hint, { since: expires });
  },

  /** An experiment has an expiry date. */
  function experimentEnds({ type, expires }, report) {
    if (type !== "experiment" || expires !== undefined) return;
    const hint = 'add "expires: " and the day on which it is decided';
    report("/type", "experiment-without-expiry", "Is an experiment without an expiry date", hint);
  },

  /** A kill switch has no expiry date. */
  function killSwitchStays({ type, expires }, report) {
    if (type !== "kill_switch" || expires === undefined) return;
    const hint = 'delete "expires", or make it a release flag';
    report("/expires", "kill-switch-with-expiry", "Is a kill switch with an expiry date", hint);
  },

  /** A flag that is on in the last environment of the order is not off in the one before. */
  function followsTheOrder(flag, report, project) {
    const [last, earlier] = [...project.order].reverse();
    if (last === undefined || earlier === undefined) return;
    const { decisions } = normalize("", flag, project);
    const isFullIn = (environment: string) => {
      const decision = decisions[environment];
      return decision !== undefined && givesEveryone(decision);
    };
    if (!isFullIn(last) || isFullIn(earlier)) return;
    const message = `Is on in ${last} but off in ${earlier}`;
    const hint = `turn it on in ${earlier} as well, so that ${earlier} shows what people get`;
    const root = rootEnvironment(project);
    const blocks = [earlier, last].map((one) => (one === root ? "" : `/environments/${one}`));
    const block = blocks.find((pointer) => report.source.offsets.has(`${pointer}/enabled`)) ?? "";
    report(`${block}/enabled`, "enabled-out-of-order", message, hint);
  },
];
