/**
 * What is announced to the sessions of a page, here and in the mesh. Each session has names of its own:
 * those under the path that it connected to. What encoders publish is in the one at `/`, under its whole
 * name, and is found there by the names that begin with the path.
 */
export class Live {
  /** Each with its session, and what stands before the names there. */
  #places;
  #changed;

  /** `changed` is called with all names, in order. */
  constructor({ Net, Signals }, places, changed) {
    this.#places = places.map((place) => ({ ...place, names: new Set() }));
    this.#changed = () => changed(this.#names);
    for (const place of this.#places) {
      new Signals.Effect((effect) => this.#follow(effect, place, Net.Path.from(place.prefix)));
    }
  }

  get #names() {
    return [...new Set(this.#places.flatMap(({ names }) => [...names]))].sort();
  }

  has(name) {
    return this.#places.some(({ names }) => names.has(name));
  }

  /** The session that has a name, and the name there; where nobody has it, the page's own. */
  find(name) {
    const { session, prefix } = this.#places.find(({ names }) => names.has(name)) ??
      this.#places[0];
    return { session, path: prefix === "" ? name : `${prefix}/${name}` };
  }

  #follow(effect, { session, names }, prefix) {
    names.clear();
    this.#changed();
    const connection = effect.get(session.established);
    if (connection === undefined) return;
    const announced = connection.announced(prefix);
    effect.cleanup(() => announced.close());
    effect.spawn(async () => {
      for (;;) {
        const event = await Promise.race([effect.cancel, announced.next()]);
        if (event === undefined) return;
        if (event.active) names.add(event.path);
        else names.delete(event.path);
        this.#changed();
      }
    });
  }
}
