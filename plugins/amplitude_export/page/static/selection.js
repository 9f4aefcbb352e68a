/** The selected days, in any order; a range extends from an anchor, as usual in lists. */

export class Selection extends EventTarget {
  #days = new Set();
  #anchor = null;

  /** The selected days, oldest first. */
  get days() {
    return [...this.#days].sort();
  }

  has(day) {
    return this.#days.has(day);
  }

  toggle(day) {
    if (!this.#days.delete(day)) this.#days.add(day);
    this.#anchor = day;
    this.#changed();
  }

  /** Select the days of `order` from the anchor to this day; `from` is the anchor if none is set. */
  extend(day, order, from = day) {
    if (!order.includes(this.#anchor)) this.#anchor = from;
    const ends = [order.indexOf(this.#anchor), order.indexOf(day)];
    this.#days = new Set(order.slice(Math.min(...ends), Math.max(...ends) + 1));
    this.#changed();
  }

  set(days) {
    this.#days = new Set(days);
    this.#anchor = null;
    this.#changed();
  }

  /** Deselect days that are no longer shown. */
  keep(order) {
    const kept = this.days.filter((day) => order.includes(day));
    if (kept.length < this.#days.size) this.set(kept);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
