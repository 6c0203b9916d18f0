/** Options that several commands have, so that they have the same text. */
export const shared = {
  at: { value: "COMMIT", help: "the commit to read", default: "HEAD" },
  repo: { value: "PATH", help: "the clone that holds the flags", default: "." },
  today: {
    value: "DAY",
    help: "the day that counts as today, YYYY-MM-DD (default: today, in UTC)",
  },
  format: { value: "FORMAT", help: "output format", choices: ["text", "json"], default: "text" },
  "pull-request": { value: "NUMBER", help: "the pull request (default: that of GitHub's event)" },
  "dry-run": { help: "print the result, and change nothing" },
} as const;
