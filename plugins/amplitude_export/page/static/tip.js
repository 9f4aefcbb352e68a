/** The label of a cell or a bar, shown beside it; screen readers already read the label. */

import { el } from "./dom.js";

const GAP = 6;

export class Tip {
  #node = el("div", { class: "tip", "aria-hidden": "true", hidden: true });

  /** Show the label of an element; null hides it. */
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

  /** Hide the label; return true if it was visible. */
  hide() {
    const seen = !this.#node.hidden;
    this.#node.hidden = true;
    return seen;
  }

  /** Place it below, or above if there is no room; never beyond the edges. */
  #beside({ left, top, bottom }) {
    const { width, height } = this.#node.getBoundingClientRect();
    const right = document.documentElement.clientWidth - width - GAP;
    const below = bottom + GAP + height < window.innerHeight;
    this.#node.style.left = `${Math.max(GAP, Math.min(left, right))}px`;
    this.#node.style.top = `${below ? bottom + GAP : top - GAP - height}px`;
  }
}
