// biome-ignore-all lint/suspicious/noTemplateCurlyInString: descriptions may look like code
/** Changes of flags by the specification, over real HTTP, and their commits. */
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "../../setup/api.ts";
import { beganAt, flags } from "../../setup/remote.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;
const file = "flags/nutrition/meal_planning.yaml";

let api: OwnApi;
beforeAll(async () => {
  api = await startService();
});

/** A server of its own for tests that count commits. */
function fresh(): Promise<OwnApi> {
  return startService();
}

describe("POST /v1/feature-flags/", () => {
  test("creates a flag, and answers 201 with Location, ETag, commit and the flag", async () => {
    const body = { name: "new_feature", enabled: true, description: "What it does" };
    const { status, headers, text, json } = await api.ask(`POST ${list}`, { as: "editor", body });
    expect(status).toBe(201);
    expect(headers.location).toBe("/v1/feature-flags/new_feature");
    const time = json.created_at;
    expect(text).toBe(
      `{"name":"new_feature","enabled":true,"description":"What it does","created_at":"${time}","updated_at":"${time}"}`,
    );
    expect(headers["bunting-commit"]).toBe(api.remote.head);
    expect(headers["content-type"]).toBe("application/json");

    const get = await api.ask(`GET ${headers.location}`);
    expect(get).toMatchObject({ status: 200, text });
    expect(get.headers.etag).toBe(headers.etag);
    expect((await api.ask(`GET ${list}`)).json.flags.new_feature).toBe(true);
    expect((await api.ask(`GET /staging${list}`)).json.flags.new_feature).toBe(true);
  });

  test("creates a flag that is off and has no description by default", async () => {
    const { status, json } = await api.ask(`POST ${list}`, { body: { name: "quiet_feature" } });
    expect(status).toBe(201);
    expect(json).toMatchObject({ enabled: false, description: "" });
    expect(api.remote.file("flags/unowned/quiet_feature.yaml")).toContain("enabled: false");
  });

  test("puts a flag into its owner's folder, with type and expiry", async () => {
    const body = { name: "owned_feature", owner: "growth", type: "experiment" };
    const { status } = await api.ask(`POST ${list}`, { body: { ...body, expires: "2099-02-28" } });
    expect(status).toBe(201);
    expect(api.remote.file("flags/growth/owned_feature.yaml")).toContain(
      'enabled: false\nowner: growth\ntype: experiment\nexpires: "2099-02-28"',
    );
  });

  test.each([
    ["owner", "Growth", "wrong-format"],
    ["owner", "../growth", "wrong-format"],
    ["owner", "", "wrong-format"],
    ["type", "toggle", "unknown-value"],
    ["expires", "2027-02-30", "invalid-date"],
    ["expires", "soon", "wrong-format"],
  ])("answers 400 for %s %j, with its pointer", async (key, value, code) => {
    const { head } = api.remote;
    const body = { name: "odd_feature", [key]: value };
    const { status, json } = await api.ask(`POST ${list}`, { body });
    expect(status).toBe(400);
    expect(json.errors).toEqual([{ pointer: `#/${key}`, code, message: expect.any(String) }]);
    expect(api.remote.head).toBe(head);
  });

  test("answers 409 for a name that is taken, in whichever folder", async () => {
    const body = { name: "activity_tracking", enabled: true };
    const { head } = api.remote;
    const { status, json } = await api.ask(`POST ${list}`, { body });
    expect(status).toBe(409);
    expect(json.type).toBe("https://bunting.example/problems/conflict");
    expect(api.remote.head).toBe(head);
  });

  test("twice at once is one 201 and one 409, and one commit", async () => {
    const own = await fresh();
    const ask = () => own.ask(`POST ${list}`, { body: { name: "raced_feature" } });
    const answers = await Promise.all([ask(), ask()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(own.remote.length).toBe(2);
  });

  test.each([
    ["Meal-Planning", "invalid-name"],
    ["1st_feature", "invalid-name"],
    ["a__b", "invalid-name"],
    ["", "invalid-name"],
    ["../x", "invalid-name"],
    ["constructor\n", "invalid-name"],
    ["a".repeat(65), "invalid-name"],
    ["a".repeat(129), "too-long"],
  ])("answers 400 for the name %j, with its pointer", async (name, code) => {
    const { status, json } = await api.ask(`POST ${list}`, { body: { name } });
    expect(status).toBe(400);
    expect(json.errors).toEqual([{ pointer: "#/name", code, message: expect.any(String) }]);
  });

  test.each(["constructor", "prototype", "tostring", "a".repeat(64)])(
    "takes the name %s like any other, or refuses it as a name",
    async (name) => {
      const { status } = await api.ask(`POST ${list}`, { body: { name } });
      expect([201, 400]).toContain(status);
      const { flags: all } = (await api.ask(`GET ${list}`)).json;
      expect(Object.hasOwn(all, name)).toBe(status === 201);
    },
  );

  test.each([
    ["mail to ada.lovelace@gmail.com", "personal-data"],
    [`token bnt_${"a".repeat(32)}`, "credential"],
    ["AKIAIOSFODNN7EXAMPLE", "credential"],
    ["a\u0000b", "control-character"],
    ["a\u202eb", undefined],
    ["a\u200bb", undefined],
    ["a\ud800b", undefined],
  ])("answers 400 for the description %j", async (description, code) => {
    const { head } = api.remote;
    const { status, json } = await api.ask(`POST ${list}`, { body: { name: "odd", description } });
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({ pointer: "#/description", ...(code ? { code } : {}) });
    expect(api.remote.head).toBe(head);
  });

  test.each([
    "with: colon # and hash",
    "'quotes' and \"quotes\"",
    "- dash",
    "null",
    "---",
    "%percent",
    "line\nbreak\n\nand more",
    "  spaces  ",
    "tab\there",
    "<b>HTML</b> [x](y) @someone ${{ secrets.TOKEN }} `rm -rf /` $(id)",
    "ünï ☂ 😀",
    "x".repeat(500),
  ])("returns the description %j unchanged", async (description) => {
    const name = `described_${Buffer.from(description).toString("hex").slice(0, 20)}`;
    const { status, json } = await api.ask(`POST ${list}`, { body: { name, description } });
    expect({ status, description: json.description }).toEqual({ status: 201, description });
    expect((await api.ask(`GET ${list}${name}`)).json.description).toBe(description);
    expect((await api.ask(`DELETE ${list}${name}`)).status).toBe(204);
  });
});

describe("PUT /v1/feature-flags/{flag_name}", () => {
  test("toggles a flag, and answers 200 with the new state", async () => {
    const own = await fresh();
    const body = { enabled: false, description: "Updated description" };
    const { status, headers, text, json } = await own.ask(`PUT ${meal}`, { as: "editor", body });
    expect(status).toBe(200);
    expect(text).toBe(
      `{"name":"meal_planning","enabled":false,"description":"Updated description","created_at":"${beganAt}","updated_at":"${json.updated_at}"}`,
    );
    expect(json.updated_at > beganAt).toBe(true);
    expect(headers["bunting-commit"]).toBe(own.remote.head);
    const get = await own.ask(`GET ${meal}`);
    expect(get).toMatchObject({ status: 200, text });
    expect(get.headers.etag).toBe(headers.etag);
  });

  test("changes one line of the file, and keeps its comments, order and layout", async () => {
    const own = await fresh();
    await own.ask(`PUT ${meal}`, { body: { enabled: false } });
    expect(own.remote.diff()).toEqual([
      "-enabled: true # since the launch",
      "+enabled: false # since the launch",
    ]);
    const before = String(flags[file]);
    expect(`${own.remote.file(file)}\n`).toBe(
      before.replace("enabled: true #", "enabled: false #"),
    );
    await own.ask(`PUT ${meal}`, { body: { enabled: true } });
    expect(`${own.remote.file(file)}\n`).toBe(before);
  });

  test("answers 404 for a missing flag, and creates none", async () => {
    const { head } = api.remote;
    const { status } = await api.ask(`PUT ${list}none`, { body: { enabled: true } });
    expect(status).toBe(404);
    expect(api.remote.head).toBe(head);
  });

  test("accepts the whole object with a change in it", async () => {
    const own = await fresh();
    const { json } = await own.ask(`GET ${meal}`);
    const { status } = await own.ask(`PUT ${meal}`, { body: { ...json, enabled: false } });
    expect(status).toBe(200);
    expect(own.remote.diff()).toHaveLength(2);
  });

  test.each([
    ["name", "activity_tracking"],
    ["created_at", "2024-08-31T12:00:01Z"],
    ["updated_at", "1999-01-01T00:00:00Z"],
  ])("answers 400 if %s differs from the flag", async (key, value) => {
    const { head } = api.remote;
    const body = { enabled: false, [key]: value };
    const { status, json } = await api.ask(`PUT ${meal}`, { body });
    expect(status).toBe(400);
    expect(json.errors).toEqual([
      { pointer: `#/${key}`, code: "read-only", message: expect.any(String) },
    ]);
    expect(api.remote.head).toBe(head);
  });

  test("that changes nothing is a 200 without a commit", async () => {
    const own = await fresh();
    const { text } = await own.ask(`GET ${meal}`);
    for (const body of [
      { enabled: true },
      { enabled: true, description: JSON.parse(text).description },
    ]) {
      const answer = await own.ask(`PUT ${meal}`, { body });
      expect(answer).toMatchObject({ status: 200, text });
      expect(answer.headers["bunting-commit"]).toBe(own.remote.head);
    }
    expect(own.remote.length).toBe(1);
  });

  test("answers 400 to a body without enabled and description, and says once what is needed", async () => {
    const { status, json } = await api.ask(`PUT ${meal}`, { body: {} });
    expect(status).toBe(400);
    const needed = 'one of "enabled", "rollout", "description" is needed';
    expect(json.detail).toBe(`Cannot read the body: ${needed}`);
    expect(json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      "#/enabled",
      "#/rollout",
      "#/description",
    ]);
  });

  test("finds a flag by its name after people moved its file", async () => {
    const own = await fresh();
    own.remote.push({
      [file]: null,
      "flags/growth/meals/meal_planning.yaml": String(flags[file]),
    });
    await own.sync();
    expect((await own.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
    expect(own.remote.show("%s")).toBe("Disable meal_planning");
    expect(own.remote.file("flags/growth/meals/meal_planning.yaml")).toContain("enabled: false");
  });
});

describe("PUT /{environment}/v1/feature-flags/{flag_name}", () => {
  test("changes the state only in that environment, in one line", async () => {
    const own = await fresh();
    const { status, json } = await own.ask(`PUT /staging${meal}`, { body: { enabled: true } });
    expect({ status, enabled: json.enabled }).toEqual({ status: 200, enabled: true });
    expect(own.remote.show("%s")).toBe("Enable meal_planning in staging");
    expect(own.remote.diff()).toEqual([
      "-    enabled: false # until the audit is done",
      "+    enabled: true # until the audit is done",
    ]);
    expect((await own.ask(`GET /staging${list}`)).json.flags.meal_planning).toBe(true);
  });

  test("adds the environment to a file without a block for it", async () => {
    const own = await fresh();
    await own.ask(`PUT /development${list}activity_tracking`, { body: { enabled: true } });
    expect(own.remote.diff()).toEqual(["+environments:", "+  development:", "+    enabled: true"]);
    const states = ["", "/staging", "/development"].map(async (environment) => {
      return (await own.ask(`GET ${environment}${list}`)).json.flags.activity_tracking;
    });
    expect(await Promise.all(states)).toEqual([false, false, true]);
  });

  test("accepts the whole object, but no other description", async () => {
    const { json } = await api.ask(`GET /staging${meal}`);
    expect((await api.ask(`PUT /staging${meal}`, { body: json })).status).toBe(200);
    const body = { ...json, description: "Another" };
    const refused = await api.ask(`PUT /staging${meal}`, { body });
    expect(refused.status).toBe(400);
    expect(refused.json.errors[0]).toMatchObject({ pointer: "#/description", code: "read-only" });
    expect(refused.json.detail).toMatch(/; \/v1\/feature-flags\/[a-z_]+ takes a description$/);
    const bare = await api.ask(`PUT /staging${meal}`, { body: { description: "Another" } });
    expect(bare.status).toBe(400);
  });

  test("answers 404 for an unknown environment", async () => {
    for (const environment of ["stagging", "application", "production"]) {
      const { status } = await api.ask(`PUT /${environment}${meal}`, { body: { enabled: true } });
      expect(status).toBe(404);
    }
  });
});

describe("DELETE /v1/feature-flags/{flag_name}", () => {
  test("removes the file, and answers 204 without a body", async () => {
    const own = await fresh();
    const { status, headers, text } = await own.ask(`DELETE ${meal}`);
    expect({ status, text }).toEqual({ status: 204, text: "" });
    expect(headers["bunting-commit"]).toBe(own.remote.head);
    expect(own.remote.show("%s")).toBe("Delete meal_planning");
    expect(own.remote.bare.git("show", "--format=", "--name-status", "main")).toBe(`D\t${file}`);
    for (const path of [meal, `/staging${meal}`]) {
      expect((await own.ask(`GET ${path}`)).status).toBe(404);
      expect((await own.ask(`PUT ${path}`, { body: { enabled: true } })).status).toBe(404);
    }
    expect((await own.ask(`DELETE ${meal}`)).status).toBe(404);
    expect(own.remote.length).toBe(2);
  });

  test("allows a new flag of that name, with its own times", async () => {
    const own = await fresh();
    await own.ask(`DELETE ${meal}`);
    const { status, json } = await own.ask(`POST ${list}`, { body: { name: "meal_planning" } });
    expect(status).toBe(201);
    expect(json.created_at > beganAt).toBe(true);
  });
});

describe("the commit of a change", () => {
  const subjects: [what: string, body: object | undefined, subject: string, change: string][] = [
    [`POST ${list}`, { name: "new_feature", enabled: true }, "Create new_feature", "enabled true"],
    [`PUT ${list}new_feature`, { enabled: false }, "Disable new_feature", "enabled true -> false"],
    [`PUT ${list}new_feature`, { description: "It" }, "Describe new_feature", "description"],
    [
      `PUT ${list}new_feature`,
      { enabled: true, description: "That" },
      "Enable and describe new_feature",
      "enabled false -> true, description",
    ],
    [
      `PUT /staging${list}new_feature`,
      { enabled: false },
      "Disable new_feature in staging",
      "enabled true -> false",
    ],
    [`DELETE ${list}new_feature`, undefined, "Delete new_feature", ""],
  ];

  test("has the change in subject and trailers, and the actor", async () => {
    const own = await fresh();
    for (const [what, body, subject, change] of subjects) {
      const headers = { "X-Request-Id": "trace-1", "Change-Reason": "Because of the audit" };
      const { status, headers: answerHeaders } = await own.ask(what, { body, headers });
      expect([200, 201, 204]).toContain(status);
      expect(answerHeaders["x-request-id"]).toBe("trace-1");
      const environment = what.includes("/staging/") ? "staging" : "application";
      expect(own.remote.show("%B").trimEnd().split("\n")).toEqual([
        subject,
        "",
        "Because of the audit",
        "",
        "Flag: new_feature",
        ...(what.startsWith("PUT") ? [`Environment: ${environment}`] : []),
        ...(change === "" ? [] : [`Change: ${change}`]),
        "Actor: Ada Admin (admin)",
        "Actor-Id: admin",
        "Request-Id: trace-1",
        expect.stringMatching(/^Bunting-Instance: [0-9a-f]{8}$/),
        expect.stringMatching(/^Bunting-Signature: v1 [0-9a-f]{16} [0-9a-f]{64}$/),
      ]);
      expect(own.remote.show("%an <%ae>")).toBe("Ada Admin <admin@example.com>");
      expect(own.remote.show("%cn <%ce>")).toBe("Bunting <bunting@bunting.example>");
    }
    expect(own.remote.length).toBe(1 + subjects.length);
  });

  test("has no paragraph for a reason if none is given", async () => {
    const own = await fresh();
    await own.ask(`PUT ${meal}`, { body: { enabled: false } });
    expect(own.remote.show("%B")).toMatch(/^Disable meal_planning\n\nFlag: meal_planning\n/);
  });

  test.each([
    ["X-Request-Id", "a b\tc"],
    ["X-Request-Id", "x".repeat(65)],
    ["X-Request-Id", "<script>"],
  ])("gives another id to a request whose %s is %j", async (name, value) => {
    const { headers } = await api.ask("GET /healthz", { as: null, headers: { [name]: value } });
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f]{16}-\d+$/);
  });
});

describe("text in a commit message", () => {
  const written = async (reason: string) => {
    const own = await fresh();
    const headers = { "Change-Reason": Buffer.from(reason, "utf8").toString("latin1") };
    const { status } = await own.ask(`PUT ${meal}`, { body: { enabled: false }, headers });
    expect(status).toBe(200);
    return own.remote;
  };

  test("cannot forge a trailer", async () => {
    const remote = await written("Actor: Eve (root) Flag: other");
    expect(remote.show("%(trailers:key=Actor,valueonly)").trim()).toBe("Ada Admin (admin)");
    expect(remote.show("%(trailers:key=Flag,valueonly)").trim()).toBe("meal_planning");
    expect(remote.show("%(trailers:only)").trim().split("\n")).toHaveLength(8);
  });

  test("is one line of at most 500 characters", async () => {
    const remote = await written(`-${"x".repeat(12_000)}`);
    const [subject, blank, reason] = remote.show("%B").split("\n");
    expect([subject, blank]).toEqual(["Disable meal_planning", ""]);
    expect(reason).toBe(`-${"x".repeat(498)}…`);
  });

  test("keeps letters of any script, and drops invisible characters", async () => {
    const remote = await written("Größe ☂ ‮evil​ end");
    expect(remote.show("%b").split("\n")[0]).toBe("Größe ☂ evil end");
  });

  test("is read as Latin-1 if it is not UTF-8", async () => {
    const own = await fresh();
    const headers = { "Change-Reason": "caf\xe9" };
    await own.ask(`PUT ${meal}`, { body: { enabled: false }, headers });
    expect(own.remote.show("%b").split("\n")[0]).toBe("café");
  });
});
