/** The grid: rows are days, newest first; columns the 24 hours, UTC. See moving.js as well. */

import { el, show } from "./dom.js";
import { busyHour } from "./figures.js";
import { Moving } from "./moving.js";
import { dayRow } from "./row.js";

const HOURS = [...Array(24).keys()];

export class Grid extends EventTarget {
  #place;
  #selection;
  #body = null;
  #rows = new Map(); // day -> {row, drawn}; `drawn` is the key of the data that the row shows
  #order = [];
  #moving = new Moving(this);

  /**
   * Dispatches "open" and "current" with {day, hour} in `detail`: a day to be opened, and one that
   * the user has moved to. `hour` is null for the whole day.
   */
  constructor(place, selection) {
    super();
    this.#place = place;
    this.#selection = selection;
    selection.addEventListener("change", () => this.#mark());
  }

  get order() {
    return this.#order;
  }

  get selection() {
    return this.#selection;
  }

  row(day) {
    return this.#rows.get(day)?.row;
  }

  /** Show the days. Unchanged rows stay, and with them focus and hover. */
  update(days) {
    const busy = busyHour(days);
    const order = days.map((day) => day.day);
    if (this.#body && order.join() === this.#order.join()) this.#redraw(days, busy);
    else this.#draw(days, busy, order);
    this.#mark();
    return busy;
  }

  #draw(days, busy, order) {
    this.#order = order;
    this.#rows = new Map(days.map((day) => [day.day, drawn(day, busy)]));
    const held = this.#body?.contains(document.activeElement);
    const rows = [...this.#rows.values()].map(({ row }) => row);
    this.#body = el("tbody", {}, rows);
    show(this.#place, table(this.#body));
    this.#moving.listen(this.#body);
    this.#moving.restore(held);
  }

  #redraw(days, busy) {
    for (const day of days) {
      const old = this.#rows.get(day.day);
      const now = key(day, busy);
      if (old.drawn === now) continue;
      const fresh = drawn(day, busy);
      const held = old.row.contains(document.activeElement);
      old.row.replaceWith(fresh.row);
      this.#rows.set(day.day, fresh);
      this.#moving.restore(held);
    }
  }

  /** Mark the selected days, visibly and for screen readers. */
  #mark() {
    for (const [day, { row }] of this.#rows) {
      const chosen = this.#selection.has(day);
      row.setAttribute("aria-selected", chosen);
      row.querySelector("input").checked = chosen;
    }
  }

  /** Move to a day, and the focus with it unless `focus` is false. */
  moveTo(day, focus = true) {
    this.#moving.to(day, focus);
  }

  tell(type, day, hour) {
    this.dispatchEvent(new CustomEvent(type, { detail: { day, hour } }));
  }
}

function key(day, busy) {
  return JSON.stringify([day, busy]);
}

function drawn(day, busy) {
  return { row: dayRow(day, busy), drawn: key(day, busy) };
}

function table(body) {
  return el(
    "table",
    {
      class: "grid",
      role: "grid",
      "aria-multiselectable": "true",
      "aria-describedby": "grid-keys",
    },
    el("caption", { class: "unseen" }, "Hours of each day, UTC, newest day first"),
    el("colgroup", {}, columns()),
    el("thead", {}, el("tr", {}, headings())),
    body,
  );
}

function columns() {
  const names = ["pick", "name", ...HOURS.map(() => "hour"), "events", "state", "note"];
  return names.map((name) => el("col", { class: name }));
}

function headings() {
  return [
    el("td", { class: "pick" }),
    el("th", { scope: "col", class: "name" }, "Day"),
    HOURS.map((hour) => el("th", { scope: "col", class: "hour" }, hourName(hour))),
    el("th", { scope: "col", class: "events" }, "Events"),
    el("th", { scope: "col", class: "state" }, "State"),
    el("th", { scope: "col", class: "note" }, "Why, or how much"),
  ];
}

function hourName(hour) {
  return String(hour).padStart(2, "0");
}
