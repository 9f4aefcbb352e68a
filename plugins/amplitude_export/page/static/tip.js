/** The label of a cell or a bar, shown beside it: a screen reader has it already. */

import { el } from "./dom.js";

const GAP = 6;

export class Tip {
  #node = el("div", { class: "tip", "aria-hidden": "true", hidden: true });

  /** Shows the label of an element; null hides. */
  over(element) {
    if (!element) {
      this.hide();
      return;
    }
    this.#node.textContent = element.getAttribute("aria-label");
    this.#node.hidden = false;
    document.body.append(this.#node);
    this.#beside(element.getBoundingClientRect());
  }

  /** Whether it was to be seen. */
  hide() {
    const seen = !this.#node.hidden;
    this.#node.hidden = true;
    return seen;
  }

  /** Below, or above where there is no room; never beyond the edges. */
  #beside({ left, top, bottom }) {
    const { width, height } = this.#node.getBoundingClientRect();
    const right = document.documentElement.clientWidth - width - GAP;
    const below = bottom + GAP + height < window.innerHeight;
    this.#node.style.left = `${Math.max(GAP, Math.min(left, right))}px`;
    this.#node.style.top = `${below ? bottom + GAP : top - GAP - height}px`;
  }
}
