import { describe, expect, test } from "vitest";
import { parseRemoteAddress, withoutSecrets } from "../../../store/remote/remote-address.ts";

const url = "https://git.example/acme/flags.git";

describe("parseRemoteAddress()", () => {
  test.each([
    ["https://ada:SECRET@git.example/acme/flags.git", "ada", "SECRET"],
    ["https://ada:SEC%2FRET%40x@git.example/acme/flags.git", "ada", "SEC/RET@x"],
    ["https://ada:SEC RET@git.example/acme/flags.git", "ada", "SEC RET"],
    ['https://ada:SEC"RET@git.example/acme/flags.git', "ada", 'SEC"RET'],
    ["https://ada:SEC%RET@git.example/acme/flags.git", "ada", "SEC%RET"],
    ["https://:SECRET@git.example/acme/flags.git", "", "SECRET"],
  ])("keeps the credentials of %s apart", (text, username, password) => {
    const address = parseRemoteAddress(text);
    expect(address.url).toBe(url);
    expect(address.env).toEqual({ BUNTING_GIT_USERNAME: username, BUNTING_GIT_PASSWORD: password });
    expect(JSON.stringify(address.config)).not.toContain("SEC");
    expect(address.secrets).toContain(password);
  });

  test("leaves the password to the owner's helpers if there is only a user name", () => {
    const address = parseRemoteAddress("https://ada@git.example/acme/flags.git");
    expect(address).toMatchObject({
      url,
      config: [["credential.https://git.example.username", "ada"]],
      env: {},
    });
  });

  test.each([
    "https://git.example/acme/flags.git?private_token=SECRET",
    "https://git.example/acme/flags.git#SECRET",
    "https://ada:SECRET/x@git.example/acme/flags.git",
    "https://ada:SEC%0ARET@git.example/acme/flags.git",
    "ssh://ada:SECRET@git.example/acme/flags.git",
  ])("refuses %s without repeating the secret", (text) => {
    const failure = (() => {
      try {
        return parseRemoteAddress(text);
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(failure).toMatch(/^Cannot use the URL of the remote: .*; /);
    expect(failure).not.toMatch(/SEC|RET/);
  });

  test.each([
    "git@git.example:acme/flags.git",
    "ssh://git@git.example/acme/flags.git",
    "file:///srv/flags.git",
  ])("does not change %s", (text) => {
    expect(parseRemoteAddress(text)).toMatchObject({ url: text, isPath: false, secrets: [] });
  });

  test("makes a path absolute", () => {
    expect(parseRemoteAddress("/srv/x/../flags.git")).toMatchObject({
      url: "/srv/flags.git",
      isPath: true,
    });
    expect(parseRemoteAddress("./a:b")).toMatchObject({ isPath: true });
  });
});

test.each([
  [
    "fatal: repository 'https://git.example/a/SECRET/r.git/' not found",
    "fatal: repository 'https://git.example/…/r.git' not found",
  ],
  ["at https://SECRET@git.example/r.git", "at https://git.example/r.git"],
  ["at https://a:SECRET@git.example/r.git?x=SECRET more", "at https://git.example/r.git?… more"],
  ["redirect to http://h/r.git/info/refs?service=x&tok=SECRET", "redirect to http://h/…/refs?…"],
  ["password pass-word is wrong", "password *** is wrong"],
])("withoutSecrets() shows %j as %j", (text, expected) => {
  expect(withoutSecrets(text, ["pass-word"])).toBe(expected);
});
