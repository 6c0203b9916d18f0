/**
 * The environment and the settings of every git process. Settings that say how to reach or trust a
 * repository belong to the owner of the machine and are kept; settings that change what git prints,
 * starts or writes are overridden, so that git answers the same on every machine.
 */
import { devNull } from "node:os";

/** Variables that the owner may set. All other `GIT_*` are dropped, for example those of a surrounding hook. */
const ownersVariables =
  /^GIT_(?:ALLOW_PROTOCOL|ASKPASS|CEILING_DIRECTORIES|EXEC_PATH|PROTOCOL_FROM_USER|(?:CURL|HTTP|PROXY|SSH|SSL)(?:_\w+)?|CONFIG_(?:COUNT|KEY_\d+|VALUE_\d+|PARAMETERS|GLOBAL|SYSTEM|NOSYSTEM))$/;

const overrides: Readonly<Record<string, string>> = {
  // Output.
  "advice.graftFileDeprecated": "false",
  "color.ui": "false",
  "i18n.logOutputEncoding": "UTF-8",
  "log.mailmap": "false",
  "log.showSignature": "false",
  // Input.
  "core.useReplaceRefs": "false",
  "safe.bareRepository": "all",
  // Other programs that git would start.
  "core.fsmonitor": "false",
  "core.hooksPath": devNull,
  "gc.auto": "0",
  "maintenance.auto": "false",
  // Additional refs and files that git would fetch, push or write.
  "fetch.prune": "false",
  "fetch.recurseSubmodules": "false",
  "init.defaultRefFormat": "files",
  "push.followTags": "false",
  "push.gpgSign": "false",
  "push.recurseSubmodules": "no",
  "submodule.recurse": "false",
};

/** The overrides as options of git. They win over files, `GIT_CONFIG_COUNT` and `GIT_CONFIG_PARAMETERS`. */
export const overridingOptions: readonly string[] = Object.entries(overrides).flatMap(
  ([key, value]) => ["-c", `${key}=${value}`],
);

/** The environment of a git process. `config` holds settings that must not show in its arguments. */
export function gitEnvironment(
  config: readonly (readonly [key: string, value: string])[] = [],
  extra: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const { HTTP_PROXY, http_proxy } = process.env;
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || ownersVariables.test(name),
  );
  const environment: NodeJS.ProcessEnv = {
    ...Object.fromEntries(kept),
    GIT_GRAFT_FILE: devNull,
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
    // git reads this one in lower case only.
    ...(HTTP_PROXY && http_proxy === undefined ? { http_proxy: HTTP_PROXY } : {}),
    ...extra,
  };
  const first = Number(environment.GIT_CONFIG_COUNT ?? 0);
  for (const [index, [key, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${first + index}`] = key;
    environment[`GIT_CONFIG_VALUE_${first + index}`] = value;
  }
  if (config.length > 0) environment.GIT_CONFIG_COUNT = `${first + config.length}`;
  return environment;
}
