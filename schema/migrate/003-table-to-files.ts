import { policyFile } from "../project/policy.ts";
import { projectFile } from "../project/project.ts";
import { pluralize } from "../text/show.ts";
import { type Migration, MigrationError } from "./migration.ts";

/**
 * The table `feature_flags` becomes flags in files. This repository has no access to the table, so
 * neither direction writes files: an importer or exporter moves the rows.
 */
export const tableToFiles: Migration = {
  number: 3,
  name: "003_feature_flags_table_to_files",
  up: {
    summary: "Flags are files. Changes no file: rows of a table are to be imported.",
    run: () => [],
  },
  down: {
    summary: "Flags are rows of a table. Changes no file, and is refused while there are flags.",
    run({ names }) {
      const flags = names.filter((name) => name !== projectFile && name !== policyFile);
      if (flags.length === 0) return [];
      const found = pluralize(flags.length, "flag is in a file", "flags are in files");
      throw new MigrationError(
        `Cannot migrate down to 2: ${found}, and this command writes no table\n  hint: export the flags, then delete their files`,
      );
    },
  },
};
