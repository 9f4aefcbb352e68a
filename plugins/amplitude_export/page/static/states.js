/** The states of hours and days: glyph, label and meaning, from the endpoint's legend. */

import { el } from "./dom.js";

let legend = new Map();

/** Store the endpoint's `states`. */
export function learn(states) {
  legend = new Map(states.map((entry) => [entry.state, entry]));
}

export const known = () => [...legend.values()];

export const glyph = (state) => legend.get(state)?.glyph ?? "?";

export const label = (state) => legend.get(state)?.label ?? String(state);

/** The class in the style sheet; a state that is not in the legend is shown as unknown. */
export const look = (state) => `s-${legend.has(state) ? state : "unknown"}`;

/** Glyph and label on the state's colour. */
export function badge(state) {
  const words = el("span", { class: "label" }, ` ${label(state)}`);
  return el("span", { class: `badge ${look(state)}` }, mark(state), words);
}

/** The glyph, hidden from screen readers, which read the label. */
export function mark(state) {
  return el("span", { class: "glyph", "aria-hidden": "true" }, glyph(state));
}

const LOOKS = { success: "s-loaded", failed: "s-failed", upstream_failed: "s-failed",
  running: "s-running" };

/** The state of a run or a task by Airflow's own name; null if it has not started. */
export function ofAirflow(state) {
  return el("span", { class: `badge ${LOOKS[state] ?? "s-plain"}` }, state ?? "not yet");
}
