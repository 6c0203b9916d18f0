/** Shows the state of the flags, in plain DOM code. */
import type { Failure, Flags } from "../core/types.ts";

const reasons: Readonly<Record<Failure, string>> = {
  network: "the network is gone",
  timeout: "the network is slow",
  status: "the server returned an error",
  content_type: "the answer is not a list of flags",
  too_large: "the list is too large",
  malformed: "the answer cannot be read",
  environment: "the list is of another environment",
  older: "the list is older than the known one",
};

export function showState(flags: Flags): void {
  const element = document.querySelector("#state") as HTMLElement;
  const show = () => {
    const { status, reason } = flags.state;
    const count = Object.keys(flags.all()).length;
    element.dataset.status = status;
    element.textContent =
      status === "loading"
        ? "Fetching flags…"
        : reason === null
          ? `${count} flags, up to date`
          : `${count} flags as they were: ${reasons[reason]}`;
  };
  flags.subscribe(show);
  show();
}
