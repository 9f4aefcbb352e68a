/** The widths of places, observed beforehand: reading one while drawing would force a layout. */

import { byId } from "./dom.js";

export class Widths extends EventTarget {
  #widths = new Map();

  /** Dispatches "change" when the width of one of the places (ids) changes, and at the start. */
  constructor(ids) {
    super();
    const observer = new ResizeObserver((entries) => this.#take(entries));
    for (const id of ids) observer.observe(byId(id));
  }

  /** The width in pixels, without padding. */
  of(id) {
    return this.#widths.get(id) ?? 0;
  }

  #take(entries) {
    const before = [...this.#widths.values()].join();
    for (const { target, contentRect } of entries) this.#widths.set(target.id, contentRect.width);
    if ([...this.#widths.values()].join() !== before) this.dispatchEvent(new Event("change"));
  }
}
