/** Messages for special cases: a paused DAG, the first run, a bad file, a removed project. */

import * as airflow from "./airflow.js";
import { copyable } from "./copying.js";
import { button, byId, el, show } from "./dom.js";
import { NOT_DUE, nothingYet } from "./figures.js";
import { airflowLink } from "./links.js";
import { announce, complain, post, withdraw } from "./notices.js";
import { explain } from "./problems.js";

/** `changed` is called once the DAG is no longer paused. */
export function showPaused(paused, may, changed) {
  if (!paused) {
    withdraw("paused");
    return;
  }
  if (byId("notices").querySelector("[data-notice=paused]")) return;
  const words = el("p", {}, el("strong", {}, "The DAG is paused."),
    " No run starts, neither by schedule nor as a backfill, until you unpause it.");
  const why = may ? null : el("p", { class: "why" }, "Your role can view the DAG, but not unpause it.");
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

/** Show the next steps, as long as no run exists. */
export function showFirstSteps(days, paused, removed) {
  if (removed || (days.length && !nothingYet(days))) {
    withdraw("first");
    return;
  }
  if (byId("notices").querySelector("[data-notice=first]")) return;
  if (days.length) post("first", "calm", ...firstSteps(days, paused));
  else post("first", "calm", el("p", {}, "There are no days in this range."));
}

function firstSteps(days, paused) {
  const due = days.filter((day) => !NOT_DUE.has(day.state)).map((day) => day.day).sort();
  const stretch = { from: due[0], to: due.at(-1), behaviour: airflow.UNFINISHED };
  const unpausing = el("li", {}, "Unpause the DAG: each day is then loaded when it is over. ",
    copyable(airflow.unpauseCommand(), "the command"));
  const loading = el("li", {}, "Load past days: select them below and press “Load missing”, or use ",
    copyable(airflow.command(stretch), "the command"));
  return [
    el("div", { class: "steps" },
      el("p", {}, el("strong", {}, "Nothing has been loaded yet."), " Two steps:"),
      el("ol", {}, paused ? unpausing : null, due.length ? loading : null),
      el("p", {}, "Is everything in place? Trigger ",
        airflowLink("dags/amplitude_doctor", "amplitude_doctor"), ": it checks each permission.")),
  ];
}

/** `problem`: what to correct in the file of projects, or null. */
export function showProblem(problem) {
  if (problem === null) withdraw("file");
  else {
    post("file", "bad", el("p", {}, el("strong", {}, "The file of projects cannot be read."),
      " The page shows the projects that Airflow knows. ", problem));
  }
}

export function showRemoved({ project, removed }) {
  if (!removed) withdraw("removed");
  else {
    post("removed", "calm", el("p", {}, el("strong", {}, `The project ${project} was removed.`),
      " The file of projects no longer has it, so that no run of it starts. What is loaded stays."));
  }
}

/** Airflow shows the tab for every DAG; for all but the daily ones it links those. */
export function otherDag(projects) {
  const ways = projects.map(({ dag_id: id }) => airflowLink(airflow.pagePath(id), id));
  const links = ways.flatMap((way, index) => (index ? [", ", way] : [way]));
  const one = "This page shows the days that one DAG loads: ";
  const several = "This page shows the days that these DAGs load: ";
  show(byId("page"),
    el("p", { class: "elsewhere" }, ways.length > 1 ? several : one, ...links, "."));
  byId("page").setAttribute("aria-busy", "false");
}
