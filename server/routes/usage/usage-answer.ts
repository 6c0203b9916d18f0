import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import { timestamp } from "../../../schema/flag/snapshot.ts";
import { compareText } from "../../../schema/text/order.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { type Handler, principalOf } from "../../http/handler.ts";
import type { EvaluationCount, Usage } from "./usage.ts";

/** `GET /v1/usage`: count and time of the last evaluation, for each served flag and for names that no flag has. */
export function usageHandler(usage: Usage, store: Pick<FlagStore, "current">): Handler {
  return (_request, response) => {
    const { environments } = principalOf(response);
    const isVisible = ({ environment }: EvaluationCount) =>
      environments?.includes(environment) ?? true;
    const flags = new Map<string, Record<string, Figures>>();
    for (const { name } of store.current?.snapshot.flags ?? []) flags.set(name, {});
    for (const count of usage.served.filter(isVisible)) {
      const own = flags.get(count.name);
      if (own) own[count.environment] = figuresOf(count);
    }
    response.set("Cache-Control", privateCacheControl).json({
      since: timestamp(Math.floor(usage.since / 1_000)),
      flags: [...flags].map(([name, environments]) => ({ name, environments })),
      unknown: usage.unknown.filter(isVisible).map((count) => {
        return { name: count.name, environment: count.environment, ...figuresOf(count) };
      }),
    });
  };
}

interface Figures {
  readonly evaluations: number;
  readonly last_asked_at: string;
  /** Missing if the server has evaluated nothing itself. */
  readonly variants?: Readonly<Record<string, number>>;
}

function figuresOf({ evaluations, last, variants }: EvaluationCount): Figures {
  const sorted = [...variants].sort(([a], [b]) => compareText(a, b));
  return {
    evaluations,
    last_asked_at: timestamp(Math.floor(last / 1_000)),
    ...(sorted.length > 0 && { variants: Object.fromEntries(sorted) }),
  };
}
