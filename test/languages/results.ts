/** The evaluators of the table of cases, in the order of the documentation, with the versions in use. */
const rows = {
  "definitions.json in Node": ["JavaScript", "Bunting's provider, `definitions.json`", ""],
  "flagd.json in Node": [
    "JavaScript",
    "`@openfeature/flagd-provider` 0.16.1, `flagd.json`",
    "attributes in `__proto__`",
  ],
  "OFREP in go": ["Go", "`providers/ofrep` 0.1.6, OFREP", ""],
  "flagd.json in go": ["Go", "`providers/flagd` 0.3.0, `flagd.json`", "the hash"],
  "OFREP in python": ["Python", "`openfeature-provider-ofrep` 0.3.0, OFREP", ""],
  "flagd.json in python": [
    "Python",
    "`openfeature-provider-flagd` 0.5.2, `flagd.json`",
    "`1` for `true`; lists to hash",
  ],
  "newest flagd.json in python": [
    "Python",
    "`openfeature-provider-flagd` 0.6.1, `flagd.json`",
    "the hash; `1` for `true`",
  ],
  "OFREP in java": ["Java", "`ofrep` 0.0.2, OFREP", "attributes that are null"],
  "flagd.json in java": ["Java", "`flagd` 0.11.15, `flagd.json`", "the hash"],
  "flagd.json in flagd, HTTP source": ["flagd", "its core 0.16.1, `flagd.json` by HTTP", ""],
  "flagd.json in flagd, file": ["flagd", "its core 0.16.1, `flagd.json` from a file", ""],
} as const satisfies Record<string, readonly [language: string, through: string, where: string]>;

export type Row = keyof typeof rows;

/** The lines of a table in Markdown, for the rows that were run. */
export function tableOf(results: ReadonlyMap<Row, number>): string[] {
  const lines = Object.entries(rows).flatMap(([row, [language, through, where]]) => {
    const differences = results.get(row as Row);
    return differences === undefined
      ? []
      : [`| ${language} | ${through} | 12,000 | ${differences.toLocaleString("en")} | ${where} |`];
  });
  return [
    "| language | through | decisions | differences | where |",
    "|---|---|---|---|---|",
    ...lines,
  ];
}
