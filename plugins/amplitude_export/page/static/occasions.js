/** What the page says on particular occasions: a DAG that is paused, the first run, another DAG. */

import * as airflow from "./airflow.js";
import { copyable } from "./copying.js";
import { button, byId, el, show } from "./dom.js";
import { nothingYet } from "./figures.js";
import { airflowLink } from "./links.js";
import { announce, complain, post, withdraw } from "./notices.js";
import { explain } from "./problems.js";

/** `changed` is called once the DAG is no longer paused. */
export function sayPaused(paused, may, changed) {
  if (!paused) {
    withdraw("paused");
    return;
  }
  if (byId("notices").querySelector("[data-notice=paused]")) return;
  const words = el("p", {}, el("strong", {}, "The DAG is paused."),
    " Nothing runs, neither by schedule nor as a backfill, until it is not.");
  const why = may ? null : el("p", { class: "why" }, "Your role may look, but not unpause it.");
  post("paused", "warn", words, button("Unpause", may ? () => unpause(changed) : null), why);
}

async function unpause(changed) {
  try {
    await airflow.unpauseDag();
  } catch (problem) {
    complain("problem", explain(problem, true));
    return;
  }
  withdraw("problem");
  announce("good", "The DAG is no longer paused.");
  await changed();
}

/** What to do next, while nothing has ever run. */
export function sayNothingYet(days, paused) {
  if (days.length && !nothingYet(days)) {
    withdraw("first");
    return;
  }
  if (byId("notices").querySelector("[data-notice=first]")) return;
  if (days.length) post("first", "calm", ...firstSteps(days, paused));
  else post("first", "calm", el("p", {}, "There are no days in this range."));
}

function firstSteps(days, paused) {
  const due = days.filter((day) => day.state !== "not_due").map((day) => day.day).sort();
  const stretch = { from: due[0], to: due.at(-1), behaviour: airflow.UNFINISHED };
  const unpausing = el("li", {}, "Let the DAG run: each day is then loaded when it is over. ",
    copyable(airflow.unpauseCommand, "the command"));
  const loading = el("li", {}, "Load what is past: select days below and press “Load missing”, or ",
    copyable(airflow.command(stretch), "the command"));
  return [
    el("div", { class: "steps" },
      el("p", {}, el("strong", {}, "Nothing has been loaded yet."), " Two steps:"),
      el("ol", {}, paused ? unpausing : null, due.length ? loading : null),
      el("p", {}, "Is everything in place? Trigger ",
        airflowLink("dags/amplitude_doctor", "amplitude_doctor"), ": it checks each permission.")),
  ];
}

/** The tab is there for each DAG; on others than the daily one it says where to go. */
export function otherDag() {
  const way = airflowLink(airflow.pagePath, airflow.DAG_ID);
  show(byId("page"), el("p", { class: "elsewhere" },
    "This page shows the days that one DAG loads: ", way, "."));
  byId("page").setAttribute("aria-busy", "false");
}
