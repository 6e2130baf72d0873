/** A newer version of the controller wrote the store: this one would lose what it does not know. */
export class NewerStore extends Error {
  constructor(found: number, known: number) {
    super(
      `a newer version of the controller wrote it: its schema is version ${found}, this program ` +
        `knows ${known}. Run that version, or restore a backup from before the upgrade`,
    );
  }
}
