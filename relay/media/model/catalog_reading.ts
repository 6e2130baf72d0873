import type { Clock } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { Scope } from "../../track/mod.ts";
import { CatalogError, type CatalogFormat, type ReadCatalog } from "../catalog/catalog.ts";
import { hang } from "../catalog/hang.ts";
import { msf } from "../catalog/msf.ts";
import { CatalogReader } from "../catalog/reader.ts";
import { trackOf } from "./names.ts";
import { TrackReading } from "./track_reading.ts";

/** Where the catalog of a broadcast is looked for, and who takes it. Calls must not throw. */
export interface CatalogReadingOptions {
  readonly scope: Scope;
  readonly namespace: Namespace;
  /** How long a publisher that left is waited for, in milliseconds. */
  readonly patience: number;
  /** Whether a catalog that nobody delivers is asked for again; absent: there is none. */
  readonly goesOn?: () => boolean;
  readonly clock: Clock;
  readonly read: (catalog: ReadCatalog) => void;
  /** An object was no catalog; the one before is still good. */
  readonly malformed: (reason: string) => void;
  /** There is no catalog, or no longer. */
  readonly gone: () => void;
}

/** Follows the catalog of a broadcast, in the first format in which there is one. */
export class CatalogReading {
  readonly #options: CatalogReadingOptions;
  readonly #readings: TrackReading[] = [];
  #left: number;
  #hasRead = false;

  constructor(options: CatalogReadingOptions) {
    this.#options = options;
    const formats = [hang, msf];
    this.#left = formats.length;
    for (const format of formats) this.#follow(format);
  }

  close(): void {
    for (const reading of this.#readings) reading.close();
  }

  #follow(format: CatalogFormat): void {
    const { scope, namespace, patience, goesOn, clock } = this.#options;
    const name = trackOf(namespace, format.track);
    if (name === undefined) return this.#ended();
    const reader = new CatalogReader(format);
    const reading: TrackReading = new TrackReading({
      scope,
      name,
      newestOnly: true,
      patience,
      ...(goesOn !== undefined && { goesOn }),
      clock,
      sink: {
        object: ({ payload, id }) => this.#read(reading, () => reader.read(payload, id === 0)),
        missed: () => {},
        interrupted: () => {},
        ended: () => this.#ended(),
      },
    });
    this.#readings.push(reading);
    void reading.run();
  }

  #read(from: TrackReading, read: () => ReadCatalog): void {
    try {
      const catalog = read();
      if (catalog.tracks.length === 0 && !this.#hasRead) return;
      this.#hasRead = true;
      this.#choose(from);
      this.#options.read(catalog);
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      this.#options.malformed(error.message);
    }
  }

  /** The first catalog that has something is the one. */
  #choose(from: TrackReading): void {
    for (const other of this.#readings.splice(0)) {
      if (other === from) this.#readings.push(other);
      else other.close();
    }
    this.#left = 1;
  }

  #ended(): void {
    if (--this.#left === 0) this.#options.gone();
  }
}
