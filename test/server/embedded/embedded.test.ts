/** The embedded remote of `npm start`. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { TestRepository } from "../../git/repository.ts";
import { testCheckout } from "../../scripts/setup/run.ts";
import { Program } from "../setup/api.ts";
import { kill } from "../setup/kill.ts";
import { began, flags } from "../setup/remote.ts";
import { sendRequest } from "../setup/send-request.ts";

const meal = "/v1/feature-flags/meal_planning";

test("npm start writes again after its machine stopped during a push", async () => {
  const checkout = testCheckout();
  checkout.change(began, flags);
  const start = () => new Program([], { PORT: "0", LOG_LEVEL: "silent" }, checkout.directory);
  const first = start();
  await first.url("API");
  const [, token = ""] = /token, shown this once: (\S+)/.exec(first.output.stderr) ?? [];
  await kill(first, true);
  const remote = path.join(checkout.directory, ".data", "remote.git");
  for (const lock of ["refs/heads/main.lock", "packed-refs.lock", "HEAD.lock"])
    writeFileSync(path.join(remote, lock), "");

  const second = start();
  const api = await second.url("API");
  expect(second.output.stderr).not.toContain("commits of its own");
  const headers = { Authorization: `Bearer ${token}` };
  const put = await sendRequest(api, `PUT ${meal}`, { headers, body: { enabled: false } });
  expect(put.status).toBe(200);
  const bare = new TestRepository(remote);
  expect(bare.git("log", "-1", "--format=%s", "main")).toBe("Disable meal_planning");
  expect(await second.end("SIGTERM")).toBe(0);

  checkout.change(began + 60, { "README.md": "Flags\n" });
  const third = start();
  await third.url("API");
  const cure = "git pull --rebase .data/remote.git main";
  expect(third.output.stderr).toContain(`to merge them, run "${cure}" and start again)`);
  expect(await third.end("SIGTERM")).toBe(0);
});
