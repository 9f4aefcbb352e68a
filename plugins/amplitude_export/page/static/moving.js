/** Move in the grid by keyboard and pointer: one cell at a time is in the tab order. */

import { Tip } from "./tip.js";

const WEEK = 7;
const LAST = 24; // column 0 is the day, 1 to 24 are its hours

/** Steps [rows, columns] by key; Infinity goes to the edge. */
const STEPS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-WEEK, 0],
  PageDown: [WEEK, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/** With Ctrl or ⌘. */
const FAR = { Home: [-Infinity, -Infinity], End: [Infinity, Infinity] };

export class Moving {
  #grid;
  #day = null;
  #column = 0;
  #stop = null; // the cell that is in the tab order
  #tip = new Tip();

  constructor(grid) {
    this.#grid = grid;
  }

  listen(body) {
    body.addEventListener("keydown", (event) => this.#key(event));
    body.addEventListener("click", (event) => this.#click(event));
    body.addEventListener("focusin", (event) => this.#tip.over(labelled(event)));
    body.addEventListener("focusout", () => this.#tip.hide());
    body.addEventListener("mouseover", (event) => this.#tip.over(labelled(event)));
    body.addEventListener("mouseleave", () => this.#tip.hide());
  }

  to(day, focus) {
    if (!this.#grid.row(day)) return;
    this.#day = day;
    this.restore(focus);
  }

  /** Put the current cell into the tab order, after rows were drawn again. */
  restore(focus) {
    if (!this.#grid.row(this.#day)) this.#day = this.#grid.order[0];
    const row = this.#grid.row(this.#day);
    if (!row) return;
    this.#stop?.removeAttribute("tabindex");
    this.#stop = row.cells[this.#column + 1];
    this.#stop.tabIndex = 0;
    if (focus) this.#stop.focus();
  }

  #key(event) {
    if (event.altKey) return; // the browser's own: back and forward
    const steps = (event.ctrlKey || event.metaKey) && FAR[event.key] ? FAR : STEPS;
    if (steps[event.key]) this.#step(steps[event.key], event.shiftKey);
    else if (event.key === "Enter") this.#grid.tell("open", this.#day, this.#hour);
    else if (event.key === " ") this.#grid.selection.toggle(this.#day);
    else if (event.key === "Escape") this.#escape();
    else return;
    event.preventDefault();
  }

  get #hour() {
    return this.#column ? this.#column - 1 : null;
  }

  #step([rows, columns], extending) {
    const { order, selection } = this.#grid;
    const from = this.#day;
    this.#column = within(this.#column + columns, LAST);
    this.#day = order[within(order.indexOf(from) + rows, order.length - 1)];
    this.restore(true);
    if (extending && rows) selection.extend(this.#day, order, from);
    this.#grid.tell("current", this.#day, this.#hour);
  }

  #escape() {
    if (this.#tip.hide()) return;
    this.#grid.selection.set([]);
  }

  #click(event) {
    const row = event.target.closest("tr");
    const cell = event.target.closest("td, th");
    if (!row || !cell) return;
    this.#column = within(cell.cellIndex - 1, cell.matches(".hour") ? LAST : 0);
    const from = this.#day;
    this.to(row.dataset.day, true);
    this.#grid.tell("current", this.#day, this.#hour);
    this.#choose(event, cell, from);
  }

  #choose(event, cell, from) {
    const { order, selection } = this.#grid;
    const toggles = cell.matches(".pick") || event.ctrlKey || event.metaKey;
    if (event.shiftKey) selection.extend(this.#day, order, from ?? this.#day);
    else if (toggles) selection.toggle(this.#day);
    else this.#grid.tell("open", this.#day, this.#hour);
  }
}

function within(index, last) {
  return Math.min(Math.max(index, 0), last);
}

function labelled(event) {
  return event.target.closest("[aria-label]:not(input)");
}
