/** What went wrong, in plain words, and what to do about it. */

import { Problem } from "./api.js";

/** [what happened, what to do], for a request that was to read something. */
const READING = {
  0: ["Airflow does not answer.", "Look whether its api-server is up; this page tries again."],
  401: ["You are not logged in, or no longer.", "Log in again; you come back to this page."],
  403: ["Your role may not see this.",
    "It takes the rights to read assets, the DAG amplitude_to_snowflake and its runs."],
  404: ["Airflow does not know this.", "Has its dag-processor read the DAG file?"],
  502: ["Airflow's API refused.", "See the log of the api-server."],
};

/** For a request that was to change something. */
const ACTING = {
  ...READING,
  0: ["Airflow did not answer.", "It may have happened nevertheless: refresh and look."],
  403: ["Your role may look, but not start runs.",
    "It takes the right to create runs of the DAG amplitude_to_snowflake."],
  404: ["Airflow does not find it any more.", "Refresh, and look again."],
  409: ["This does not fit what is under way: Airflow takes one backfill of a DAG at a time.",
    "Refresh and look; wait for the backfill, or cancel it."],
  422: ["Airflow would run nothing here, or does not accept these days.",
    "See the reason; days that are not over cannot be loaded yet."],
  503: ["Airflow's database is locked.",
    "Try again in some seconds. It happens on SQLite; Postgres does not do this."],
};

const OTHERWISE = ["Airflow failed.", "See the log of the api-server, then try again."];

/** {what, todo, detail, login}; what is no Problem is a fault of this page, and raised. */
export function explain(problem, acting = false) {
  if (!(problem instanceof Problem)) throw problem;
  const [what, todo] = (acting ? ACTING : READING)[problem.status] ?? OTHERWISE;
  const detail = problem.status ? `${problem.status}: ${problem.detail}` : problem.detail;
  return { what, todo, detail, login: problem.status === 401 };
}
