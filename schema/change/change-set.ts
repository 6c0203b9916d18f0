/** A change of any number of files, to be made by one commit: a migration, a promotion, an import. */
export interface ChangeSet {
  readonly files: readonly FileEdit[];
  /** The first line of the commit message. */
  readonly subject: string;
}

export interface FileEdit {
  /** From the top of the repository. */
  readonly file: string;
  /** The new text; missing if the file is deleted. */
  readonly text?: string;
}

/** The change set of one flag. */
export interface FlagChangeSet extends ChangeSet {
  /** The file of the flag after the change; missing if the flag is deleted. */
  readonly flagFile?: Required<FileEdit>;
  /** The changed values in one line, `enabled true -> false`; `""` if the subject says everything. */
  readonly change: string;
}
