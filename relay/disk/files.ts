/** A file of the folder, as far as it is read. */
export interface ReadableFile {
  readonly size: number;
  /** The bytes at an offset; fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/** The folder of the segments. Every call may reject. */
export interface SegmentFiles {
  /** The names of the files. */
  list(): Promise<string[]>;
  open(name: string): Promise<ReadableFile>;
  /** Writes behind the end of a file, which is made if it is not there. */
  append(name: string, bytes: Uint8Array): Promise<void>;
  truncate(name: string, size: number): Promise<void>;
  remove(name: string): Promise<void>;
  /** Leaves the folder to the next relay. */
  close(): void;
}
