/** The days that are chosen: in any order, extended from an anchor as lists usually are. */

export class Selection extends EventTarget {
  #days = new Set();
  #anchor = null;

  /** Oldest first. */
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

  /** Everything of `order` from the anchor to this day, and nothing else; `from` if none is set. */
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

  /** Forgets days that are not shown any more. */
  keep(order) {
    const kept = this.days.filter((day) => order.includes(day));
    if (kept.length < this.#days.size) this.set(kept);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
