/** The rules for a folder at the top: what its modules may import. */
export interface Rules {
  /** Folders at the top. */
  readonly imports: readonly string[];
  /** Folders at the top of which it may import types only. */
  readonly types?: readonly string[];
  /** Packages; any if missing. */
  readonly packages?: readonly string[];
  /** Its subfolders, and which of the others each may import; `""` are its own modules. Every module is in one of them. */
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  /** Folders that single files may import in addition. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** Packages that single files, or subfolders, may import in addition. */
  readonly peers?: Readonly<Record<string, readonly string[]>>;
}

export const topFolders: Readonly<Record<string, Rules>> = {
  schema: {
    imports: ["schema"],
    packages: ["yaml", "ajv", "fastest-levenshtein", "node:crypto"],
    folders: {
      text: [],
      problem: ["text"],
      project: ["text", "problem"],
      evaluate: [],
      flag: ["text", "problem", "project", "evaluate"],
      size: ["text", "problem", "project", "flag"],
      yaml: ["text", "problem", "project", "flag"],
      check: ["text", "problem", "project", "flag", "evaluate", "yaml"],
      file: ["text", "problem", "project", "flag", "evaluate", "size", "yaml", "check"],
      definitions: ["text", "flag", "evaluate"],
      compile: ["", "text", "project", "flag", "definitions"],
      tests: ["text", "problem", "project", "flag", "evaluate", "file", "definitions"],
      plan: ["text", "problem", "project", "flag", "evaluate", "definitions", "compile"],
      "plan-text": ["text", "problem", "flag", "evaluate", "plan"],
      overview: ["text", "flag", "plan", "plan-text"],
      change: ["text", "problem", "project", "flag", "yaml", "file", "evaluate", "plan"],
      migrate: ["text", "problem", "project", "flag", "yaml", "check", "file", "change"],
      access: ["text", "problem"],
      github: [
        ...["text", "problem", "project", "flag", "compile", "plan", "plan-text"],
        ...["overview", "change"],
      ],
    },
  },
  store: {
    imports: ["schema", "store"],
    folders: {
      network: [],
      files: [],
      locks: ["files"],
      git: ["files"],
      remote: ["git", "files", "locks"],
      commit: ["files", "git"],
      history: ["locks", "git", "remote", "commit"],
      snapshot: ["files", "git", "remote", "commit", "history"],
      branch: ["git", "remote", "commit", "history", "snapshot"],
      writes: ["locks", "git", "remote", "commit", "history", "snapshot", "branch"],
      schedule: ["git", "history", "snapshot", "writes"],
      build: ["files", "locks"],
      target: ["network", "files", "locks", "commit", "snapshot", "build"],
      cdn: ["network"],
      publish: ["files", "git", "snapshot", "target", "cdn"],
      github: ["network"],
      reviews: ["git", "remote", "writes", "github"],
    },
  },
  scripts: {
    imports: ["schema", "store", "scripts"],
    folders: {
      // The commands, their table, and the program.
      "": ["command", "github", "init", "publish", "types"],
      command: [],
      github: ["command"],
      init: ["command"],
      publish: ["command", "github"],
      types: ["command"],
      package: ["command"],
      dev: ["command", "package"],
    },
    files: {
      "scripts/start.ts": ["server"],
      "scripts/package/precompile-schemas.ts": ["server"],
      "scripts/command/version.ts": [""],
    },
  },
  server: {
    imports: ["schema", "store", "server"],
    folders: {
      // The modules that connect all others.
      "": [
        ...["http", "openapi", "auth", "errors", "embedded", "observe", "routes", "routes/events"],
        ...["routes/history", "routes/management", "routes/ofrep", "routes/reads"],
        ...["routes/usage", "routes/writes"],
      ],
      http: [],
      openapi: ["http"],
      auth: ["http", "openapi"],
      errors: ["http", "openapi", "auth"],
      embedded: ["http"],
      "routes/events": ["http"],
      "routes/usage": ["http", "openapi", "auth"],
      "routes/writes": ["", "http", "openapi", "auth"],
      "routes/history": ["http", "openapi", "auth"],
      observe: ["", "http", "openapi", "routes/events", "routes/usage", "routes/writes"],
      "routes/reads": ["", "http", "openapi", "auth", "observe", "routes/events"],
      "routes/management": ["http", "auth", "routes/reads", "routes/writes"],
      "routes/ofrep": [
        ...["", "http", "openapi", "auth", "errors", "observe"],
        ...["routes/events", "routes/usage"],
      ],
      routes: ["http", "auth", "routes/ofrep"],
    },
  },
  client: {
    imports: ["client"],
    types: ["schema"],
    packages: [],
    folders: {
      // The modules that applications import.
      "": ["core", "rules", "extras", "provider"],
      core: [],
      rules: ["", "core"],
      extras: ["core"],
      provider: ["core", "extras"],
      example: ["", "core"],
    },
    files: {
      "client/rules.ts": ["schema/evaluate"],
      "client/rules/compare.ts": ["schema/evaluate"],
      "client/openfeature-server.ts": ["schema/evaluate"],
      "client/example/who-gets-it.ts": ["schema/evaluate"],
    },
    peers: {
      "client/react.ts": ["react"],
      "client/openfeature.ts": ["@openfeature/web-sdk"],
      "client/openfeature-server.ts": ["@openfeature/server-sdk"],
      "client/provider/": ["node:crypto", "node:fs", "node:path", "node:timers"],
      "client/example/": ["react", "react-dom", "@openfeature/web-sdk", "@openfeature/react-sdk"],
    },
  },
};
