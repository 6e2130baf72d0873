/** Readings that are kept: five minutes of them, at one every two seconds. */
const KEPT = 150;

/** The size of a plot in its own units, as the page has it. */
const [WIDTH, HEIGHT] = [300, 48];

/** How fast something that only grows has grown, lately. */
export class Rates {
  #readings = [];

  /** Adds what was counted so far; what counts anew after a restart begins anew. */
  add(at, count) {
    const last = this.#readings.at(-1);
    if (last !== undefined && count < last.count) this.#readings = [];
    if (last !== undefined && at <= last.at) return;
    this.#readings.push({ at, count });
    if (this.#readings.length > KEPT + 1) this.#readings.shift();
  }

  /** For each reading but the first: when, and how much a second since the one before. */
  get all() {
    return this.#readings.slice(1).map(({ at, count }, before) => {
      const from = this.#readings[before];
      return { at, rate: (count - from.count) * 1000 / (at - from.at) };
    });
  }

  /** The last one; undefined while there is none. */
  get last() {
    return this.all.at(-1)?.rate;
  }
}

/** A small plot of rates whose right end is now. */
export class Plot {
  node = document.getElementById("plot").content.firstElementChild.cloneNode(true);

  /** Draws them; `words` says the same to who does not see it. */
  show(rates, words) {
    const most = Math.max(1, ...rates.map(({ rate }) => rate));
    const points = rates.map(({ rate }, at) => {
      const x = WIDTH - (rates.length - 1 - at) * WIDTH / KEPT;
      return `${x.toFixed(1)},${(HEIGHT - 2 - rate / most * (HEIGHT - 4)).toFixed(1)}`;
    });
    this.node.firstElementChild.setAttribute("points", points.join(" "));
    this.node.setAttribute("aria-label", words);
  }
}
