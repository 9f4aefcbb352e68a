/** Explanations of errors, with advice. */

import { Problem } from "./api.js";

/** [what happened, what to do] for a request that reads. */
const READING = {
  0: ["Airflow does not respond.", "Check that its api-server is running; this page tries again."],
  401: ["You are not logged in, or your session has expired.", "Log in again; you return to this page."],
  403: ["Your role is not allowed to see this.",
    "It needs the rights to read assets, and the daily DAG of a project and its runs."],
  404: ["Airflow does not know this.", "Is the project in the file, and has the dag-processor read the DAG file?"],
  502: ["Airflow's API refused.", "See the log of the api-server."],
};

/** The same for a request that changes something. */
const ACTING = {
  ...READING,
  0: ["Airflow did not respond.", "The change may have been made all the same: refresh and check."],
  403: ["Your role can view runs, but not start them.",
    "It needs the right to create runs of the project's daily DAG."],
  404: ["Airflow no longer has it.", "Refresh, and check again."],
  409: ["Another backfill is running: Airflow allows one per DAG at a time.",
    "Refresh; wait for that backfill, or cancel it."],
  422: ["Airflow would run nothing here, or does not accept these days.",
    "See the reason; days that are not over cannot be loaded yet."],
  503: ["Airflow's database is locked.",
    "Try again in a few seconds. This happens with SQLite, and not with Postgres."],
};

const OTHERWISE = ["Airflow failed.", "See the log of the api-server, then try again."];

/** Return {what, todo, detail, login}. Throws anything but a Problem: a fault of this page. */
export function explain(problem, acting = false) {
  if (!(problem instanceof Problem)) throw problem;
  const [what, todo] = (acting ? ACTING : READING)[problem.status] ?? OTHERWISE;
  const detail = problem.status ? `${problem.status}: ${problem.detail}` : problem.detail;
  return { what, todo, detail, login: problem.status === 401 };
}
