/** flagd's engine while its source changes, and its differences from our evaluator. */
import { expect, test } from "vitest";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import { caseFiles } from "./cases.ts";
import { Evaluator } from "./evaluator.ts";
import { commandOf, describeWith } from "./programs.ts";
import { Release } from "./release.ts";
import { serveDirectory } from "./static-server.ts";

describeWith("flagd")("flagd's engine", () => {
  test.each(["http", "file"])("applies a new publication from its %s source", async (kind) => {
    const release = new Release();
    const file = "flags/new_menu.yaml";
    await release.build({ ...caseFiles(), [file]: "description: Menu\nenabled: false\n" });
    await using server = await serveDirectory(release.directory);
    const source = kind === "http" ? `${server.url}/v1/flagd.json` : release.flagdFile;
    const menu = [{ name: "new_menu", type: "boolean" }] as const;
    using program = new Evaluator([...commandOf("flagd"), kind, source], menu);
    const answer = async () => (await program.evaluate([{}]))[0]?.[0];
    expect(await answer()).toEqual([false, "off", null]);
    await release.build({ [file]: "description: Menu\nenabled: true\n" });
    await expect.poll(answer, { timeout: 15_000 }).toEqual([true, "on", null]);
  });

  test("hashes an id without the spaces at its end, unlike evaluate()", async () => {
    const release = new Release();
    await release.build(caseFiles());
    const ids = Array.from({ length: 100 }, (_, at) => `user-${at} `);
    const command = [...commandOf("flagd"), "file", release.flagdFile] as const;
    using program = new Evaluator(command, [{ name: "button_colour", type: "string" }]);
    const answers = await program.evaluate(ids.map((targetingKey) => ({ targetingKey })));
    const variants = answers.map(([answer]) => answer?.[1]);
    const ours = (targetingKey: string) =>
      evaluate(release.definitions, "button_colour", { targetingKey }).variant;
    expect(variants).toEqual(ids.map((id) => ours(id.trimEnd())));
    expect(variants).not.toEqual(ids.map(ours));
  });

  test("hashes the digits of a number that has an exponent in JavaScript, unlike evaluate()", async () => {
    const release = new Release();
    await release.build(caseFiles());
    const digits = Array.from({ length: 100 }, (_, at) => `${at + 1}${"0".repeat(21)}`);
    const ids = digits.map(Number);
    const command = [...commandOf("flagd"), "file", release.flagdFile] as const;
    using program = new Evaluator(command, [{ name: "per_clinic", type: "boolean" }]);
    const answers = await program.evaluate(ids.map((clinic_id) => ({ clinic_id })));
    const values = answers.map(([answer]) => answer?.[0]);
    const ours = (clinic_id: unknown) =>
      evaluate(release.definitions, "per_clinic", { clinic_id }).value;
    expect(values).toEqual(digits.map(ours));
    expect(values).not.toEqual(ids.map(ours));
  });
});
