/** Event streams while removals are held back. */
import { expect, test } from "vitest";
import type { Files } from "../../../git/repository.ts";
import { startService, until } from "../../setup/api.ts";
import { Remote } from "../../setup/remote.ts";
import { Stream } from "../../setup/stream.ts";

const list = "/v1/feature-flags/";
const names = Array.from({ length: 8 }, (_, index) => `flag_${index}`);
const fileOf = (name: string) => `flags/growth/${name}.yaml`;
const files: Files = Object.fromEntries(names.map((name) => [fileOf(name), "enabled: false\n"]));

test("sends the list again when held removals are accepted, also to a client that comes back", async () => {
  const api = await startService({ remote: new Remote(files) });
  api.remote.push(Object.fromEntries(names.slice(1).map((name) => [fileOf(name), null])));
  await api.sync();
  const stream = await Stream.open(api, list);
  const before = await stream.event(0);
  expect(Object.keys(before.data.flags)).toEqual(names);

  const headers = { "Publish-Allow": "They are not used any more" };
  const body = { enabled: false };
  const answer = await api.ask(`PUT ${list}flag_0`, { body, headers });
  expect(answer.status).toBe(200);
  await until(async () => Object.keys((await api.ask(`GET ${list}`)).json.flags).length === 1);
  const after = await stream.event(1);
  expect(after).toMatchObject({ id: api.remote.head, data: { flags: { flag_0: false } } });
  expect(Object.keys(after.data.flags)).toEqual(["flag_0"]);
  const back = await Stream.open(api, list, { headers: { "Last-Event-ID": before.id } });
  expect((await back.event(0)).id).toBe(api.remote.head);
});
