/** The drawer: the details of one day, and its actions. */

import { Problem, readDay } from "./api.js";
import { button, el, show } from "./dom.js";
import { dayParts } from "./day.js";
import { complaint, speak, statusPlace } from "./notices.js";
import { explain } from "./problems.js";
import { daysAfter, weekday } from "./text.js";

export class Drawer extends EventTarget {
  #dialog;
  #day = null;
  #hour = null;
  #drawn = "";
  #options;
  #body = el("div", { class: "body" });

  /** Dispatches "closed" with the {day} that it showed last. `options(day)`: see `dayParts`. */
  constructor(dialog, options) {
    super();
    this.#dialog = dialog;
    this.#options = options;
    dialog.addEventListener("close", () => this.#closed());
    dialog.addEventListener("click", (event) => this.#outside(event));
  }

  get day() {
    return this.#dialog.open ? this.#day : null;
  }

  /** Open a day, at one of its hours if it is given. */
  async open(day, hour = null) {
    [this.#day, this.#hour, this.#drawn] = [day, hour, ""];
    const step = this.#dialog.querySelector("[data-step]:focus")?.dataset.step;
    this.#frame();
    show(this.#body, el("div", { class: "bone rows" }));
    if (!this.#dialog.open) this.#dialog.showModal();
    const held = step && this.#dialog.querySelector(`[data-step="${step}"]:enabled`);
    (held || this.#dialog.querySelector("h2")).focus();
    history.replaceState(null, "", `#${day}`);
    await this.refresh();
  }

  /** Read the day again; a response that arrives after another day was opened is dropped. */
  async refresh() {
    const day = this.#day;
    const content = await this.#read(day);
    if (day === this.#day && this.#dialog.open) content();
  }

  async #read(day) {
    try {
      const detail = await readDay(day, this.#options(day).shown);
      return () => this.#fill(detail);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const told = explain(problem);
      return () => this.#fail(told);
    }
  }

  #frame() {
    const title = el("h2", { id: "drawer-title", tabindex: -1 }, `${this.#day} `,
      el("span", { class: "weekday" }, weekday(this.#day)));
    const close = button("✕", () => this.#dialog.close(),
      { class: "small", "aria-label": "Close the day" });
    const newest = this.#options(this.#day).newest;
    const steps = el("div", { class: "steps" }, this.#step(-1, "The day before", "←"),
      this.#step(1, "The day after", "→", this.#day < newest), close);
    show(this.#dialog, el("header", {}, title, steps), statusPlace(), this.#body);
  }

  #step(by, label, sign, there = true) {
    const act = () => this.open(daysAfter(this.#day, by));
    const names = { class: "small", "data-step": by, "aria-label": label };
    return button(sign, there ? act : null, names);
  }

  #fill(detail) {
    const options = this.#options(this.#day);
    const now = JSON.stringify([detail, options.may, options.gap]);
    if (now === this.#drawn) return;
    const first = this.#drawn === "";
    this.#drawn = now;
    const held = this.#body.contains(document.activeElement) && document.activeElement.dataset.act;
    const { scrollTop } = this.#body;
    show(this.#body, ...dayParts(detail, options, this.#hour));
    this.#body.scrollTop = scrollTop;
    if (held) this.#body.querySelector(`[data-act="${held}"]`)?.focus();
    if (first) this.#arrived();
  }

  #arrived() {
    this.#body.querySelector("tr.at")?.scrollIntoView({ block: "nearest" });
    speak(`${this.#day} is shown.`);
  }

  #fail(told) {
    this.#drawn = "";
    const again = button("Try again", () => this.refresh(), { class: "small" });
    show(this.#body, el("div", { class: "notice bad" }, ...complaint(told), again));
    speak(`${told.what} ${told.todo}`);
  }

  #outside(event) {
    if (event.target === this.#dialog) this.#dialog.close();
  }

  #closed() {
    history.replaceState(null, "", location.pathname + location.search);
    this.dispatchEvent(new CustomEvent("closed", { detail: { day: this.#day } }));
  }
}
