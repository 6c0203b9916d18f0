/** How it stands with the flags, in plain DOM code. */
import type { Failure, Flags } from "../types.ts";

const reasons: Readonly<Record<Failure, string>> = {
  network: "the network is gone",
  timeout: "the network is slow",
  status: "the server is in trouble",
  content_type: "something else than flags came",
  too_large: "far too much came",
  malformed: "what came could not be read",
  environment: "flags of another environment came",
  older: "older flags came",
};

export function showState(flags: Flags): void {
  const place = document.querySelector("#state") as HTMLElement;
  const show = () => {
    const { status, reason } = flags.state;
    const count = Object.keys(flags.all()).length;
    place.dataset.status = status;
    place.textContent =
      status === "loading"
        ? "Looking for flags…"
        : reason === null
          ? `${count} flags, up to date`
          : `${count} flags as they were: ${reasons[reason]}`;
  };
  flags.subscribe(show);
  show();
}
