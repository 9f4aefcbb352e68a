/** How wide places of the page are, known beforehand: asking while drawing lays all out at once. */

import { byId } from "./dom.js";

export class Widths extends EventTarget {
  #widths = new Map();

  /** Dispatches "change" when one of the places (ids) has another width, and at the beginning. */
  constructor(ids) {
    super();
    const observer = new ResizeObserver((entries) => this.#take(entries));
    for (const id of ids) observer.observe(byId(id));
  }

  /** In pixels, without padding. */
  of(id) {
    return this.#widths.get(id) ?? 0;
  }

  #take(entries) {
    const before = [...this.#widths.values()].join();
    for (const { target, contentRect } of entries) this.#widths.set(target.id, contentRect.width);
    if ([...this.#widths.values()].join() !== before) this.dispatchEvent(new Event("change"));
  }
}
