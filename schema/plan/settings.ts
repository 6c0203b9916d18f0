import { type Project, rootEnvironment } from "../project/project.ts";

/** A setting of `bunting.yaml` before and after a change, as text on one line. */
export interface SettingPlan {
  readonly setting: Setting;
  readonly before: string;
  readonly after: string;
}

export type Setting = keyof typeof settings;

/** The settings that differ, in the order of `bunting.yaml`. Protection is planned by environment. */
export function planSettings(base: Project, head: Project): SettingPlan[] {
  const names = Object.keys(settings) as Setting[];
  return names.flatMap((setting) => {
    const [before, after] = [base, head].map(settings[setting]);
    if (before === undefined || after === undefined || before === after) return [];
    return [{ setting, before, after }];
  });
}

const settings = {
  environments: ({ environments }: Project) => environments.join(", "),
  "environment at the root": rootEnvironment,
  order: ({ order }: Project) => order.join(", "),
  attributes: ({ attributes }: Project) =>
    Object.entries(attributes)
      .map(([name, type]) => `${name}: ${type}`)
      .join(", ") || "none",
  names: ({ names }: Project) => `${names.pattern}, at most ${names.longest} characters`,
  limits: ({ limits: { remove, turn, at_least } }: Project) =>
    `remove ${remove} %, turn ${turn} %, at least ${at_least} flags`,
  "published definitions": ({ publish }: Project) => (publish.definitions ? "yes" : "no"),
} as const;
