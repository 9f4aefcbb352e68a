/** The legend: glyph, label and meaning of each state, and the scale of the shading. */

import { el, show } from "./dom.js";
import * as states from "./states.js";
import { count } from "./text.js";

/** `busy`: the events of an hour at which the deepest shade starts; null without a grid. */
export function showLegend(place, busy) {
  const entries = states.known().map((entry) => [
    el("dt", { class: `swatch ${states.look(entry.state)} v0` }, entry.glyph),
    el("dd", {}, el("strong", {}, entry.label), " ", entry.meaning),
  ]);
  show(
    place,
    el("section", { class: "legend", "aria-label": "Legend" },
      el("dl", {}, entries.map((pair) => el("div", {}, pair))),
      busy === null ? null : shades(busy),
      busy === null ? null : el("p", { id: "grid-keys", class: "keys" }, KEYS)),
  );
}

const KEYS =
  "Keys in the grid: arrows, Page Up and Down (a week), Home and End move; Enter opens the day; " +
  "Space selects it, Shift with ↑ or ↓ extends the selection; Escape clears it.";

function shades(busy) {
  const steps = [1, 2, 3, 4, 5].map((step) => el("i", { class: `swatch s-loaded v${step}` }));
  return el("p", { class: "shades" }, "Events an hour: 1 ", ...steps, ` ${count(busy)} and more`);
}
