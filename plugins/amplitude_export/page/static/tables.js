/** The tables of the drawer. */

import { el } from "./dom.js";
import { airflowLink } from "./links.js";
import * as states from "./states.js";
import { bytes, count, counted, duration, hourSpan } from "./text.js";

const STATIONS = ["exported", "unpacked", "uploaded", "loaded"];
const COLUMNS = ["Hour, UTC", "State", "Files", "Bytes",
  "Exported", "Unpacked", "Uploaded", "Loaded", "Quarantined"];

/** Rows are lists of cells; the first cell of each heads its row. */
export function table(columns, rows) {
  const cells = ([head, ...rest]) => [
    el("th", { scope: "row" }, head),
    rest.map((cell) => el("td", {}, cell)),
  ];
  return framed(columns, rows.map((row) => el("tr", {}, cells(row))));
}

/** A table that scrolls sideways if it is too wide, by keyboard as well. */
function framed(columns, rows, foot = null) {
  const head = el("tr", {}, columns.map((name) => el("th", { scope: "col" }, name)));
  const parts = [el("thead", {}, head), el("tbody", {}, rows), foot && el("tfoot", {}, foot)];
  const name = columns.join(", ");
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, el("table", { class: "plain" }, parts));
}

/** `at`: the hour to mark, or null. `compared`: whether all counts are of one run. */
export function hoursTable(hours, at, compared) {
  const rows = hours.map((hour) =>
    el("tr", { class: hour.hour === at ? "at" : null },
      el("th", { scope: "row" }, hourSpan(hour.hour)),
      el("td", { class: "state" }, states.badge(hour.state), provisional(hour)),
      el("td", {}, count(hour.files)),
      el("td", {}, bytes(hour.bytes)),
      STATIONS.map((station) => stationCell(hour, station, compared)),
      el("td", {}, count(hour.quarantined))));
  return framed(COLUMNS, rows, totals(hours));
}

/** The events of a provisional hour, which no station of the day has had yet. */
function provisional(hour) {
  return hour.provisional ? ` ${counted(hour.provisional, "event")}` : null;
}

/** A count that differs from the exported one is marked by a sign and by its colour. */
function stationCell(hour, station, compared) {
  const events = hour[station];
  const known = compared && events !== null && hour.exported !== null;
  const differs = known && events !== expected(hour, station);
  return el("td", { class: differs ? "differs" : null }, differs ? "≠ " : null, count(events));
}

/** Quarantined lines are exported, and are not in the later stations. */
function expected(hour, station) {
  return station === "exported" ? hour.exported : hour.exported - (hour.quarantined ?? 0);
}

function totals(hours) {
  const sum = (name) => {
    const numbers = hours.map((hour) => hour[name]).filter((number) => number !== null);
    return numbers.length ? numbers.reduce((total, number) => total + number, 0) : null;
  };
  return el("tr", {},
    el("th", { scope: "row" }, "All"),
    el("td"),
    el("td", {}, count(sum("files"))),
    el("td", {}, bytes(sum("bytes"))),
    [...STATIONS, "quarantined"].map((name) => el("td", {}, count(sum(name)))));
}

export function tasksTable(tasks) {
  const rows = tasks.flatMap((task) => [taskRow(task), task.reason && reasonRow(task)]);
  return framed(["Task, and its log", "State", "Attempts", "Took"], rows.filter(Boolean));
}

function taskRow(task) {
  const hours = task.label ?? (task.map_index >= 0 ? `[${task.map_index}]` : null);
  return el("tr", {},
    el("th", { scope: "row" }, log(task), hours && el("span", { class: "map" }, ` ${hours}`)),
    el("td", { class: "state" }, states.ofAirflow(task.state)),
    el("td", {}, count(task.attempts)),
    el("td", {}, duration(task.seconds)));
}

function log(task) {
  return airflowLink(task.page, task.task_id, { "aria-label": `Log of ${task.task_id}` });
}

/** The reason why the task above failed. */
function reasonRow({ reason, runbook }) {
  return el("tr", { class: "reason" }, el("td", { colspan: 4 }, reason, inRunbook(runbook)));
}

/** A link to the section that says what to do, in a tab of its own. */
export function inRunbook(section) {
  if (!section) return null;
  const outside = { target: "_blank", rel: "noopener" };
  const path = `amplitude/runbook#${encodeURIComponent(section)}`;
  return [" ", airflowLink(path, "Open the runbook", outside)];
}
