/** A bare git remote, pushes to it, and its commits. */
import { cpSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  BareRepository,
  bareRepository,
  type Files,
  sharedDirectory,
  temporaryDirectory,
} from "../../git/repository.ts";

/** The flags of the remote. */
export const flags: Files = {
  "flags/nutrition/meal_planning.yaml": `# yaml-language-server: $schema=../../schema/flag.schema.json
# Ask in #nutrition before touching production.
description: Enable meal planning features
enabled: true # since the launch
owner: nutrition

environments:
  staging:
    enabled: false # until the audit is done
`,
  "flags/activity/activity_tracking.yaml":
    "description: Track activity\nenabled: false\nowner: activity\n",
  "flags/platform/user_notifications.yaml": "description: Notify people\nenabled: true\n",
};

/** The time of the commit that added `flags`, in seconds since 1970. */
export const began = 1_725_105_600;
export const beganAt = "2024-08-31T12:00:00Z";

export interface HeldPush {
  /** Whether a push is waiting. */
  hasBegun(): boolean;
  release(): void;
}

export class Remote {
  readonly bare: BareRepository;
  #time = began;

  constructor(files: Files = flags) {
    this.bare = files === flags ? copyOf(standard()) : bareRepository();
    if (files !== flags) this.bare.change(began, files);
  }

  get directory(): string {
    return this.bare.directory;
  }

  get head(): string {
    return this.bare.head;
  }

  /** Pushes a commit of a person on top of the head. Returns its id. */
  push(files: Files): string {
    const last = Number(this.bare.git("log", "-1", "--format=%ct", "main"));
    this.#time = Math.max(this.#time + 60, last);
    return this.pushAt(this.#time, files);
  }

  /** As `push()`, with the time `time` of the commit, in seconds since 1970. */
  pushAt(time: number, files: Files): string {
    return this.bare.change(time, files);
  }

  /** The number of commits. */
  get length(): number {
    return Number(this.bare.git("rev-list", "--count", "main"));
  }

  /** A commit in a format of `git log`. */
  show(format: string, commit = "main"): string {
    return this.bare.git("log", "-1", `--format=${format}`, commit);
  }

  /** The lines that a commit removed and added. */
  diff(commit = "main"): string[] {
    return this.bare
      .git("show", "--format=", "--unified=0", commit)
      .split("\n")
      .filter((line) => /^[+-](?![+-]{2} )/.test(line));
  }

  file(name: string, commit = "main"): string {
    return this.bare.git("show", `${commit}:${name}`);
  }

  /** Blocks each push from now on until it is released. */
  hold(): HeldPush {
    const [begun, open] = ["begun", "open"].map((name) => path.join(this.directory, name));
    const hook = path.join(this.directory, "hooks/pre-receive");
    const wait = `while [ ! -e '${open}' ]; do sleep 0.05; done`;
    writeFileSync(hook, `#!/bin/sh\ntouch '${begun}'\n${wait}\n`, { mode: 0o755 });
    return {
      hasBegun: () => existsSync(begun ?? ""),
      release: () => writeFileSync(open ?? "", ""),
    };
  }
}

let made: BareRepository | undefined;

/** The remote that most tests start with. It is made once, because that is slow. */
function standard(): BareRepository {
  if (made) return made;
  made = bareRepository({ directory: sharedDirectory() });
  made.change(began, flags);
  return made;
}

function copyOf({ directory }: BareRepository): BareRepository {
  const copy = new BareRepository(temporaryDirectory());
  cpSync(directory, copy.directory, { recursive: true });
  return copy;
}
