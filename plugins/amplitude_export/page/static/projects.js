/** The address of a project's grid, and the selector of a project. */

import { el, show } from "./dom.js";

const address = new URL(location.href);

/** What the address asks for: {project}, or {dag_id} in the tab of a DAG, or {} for the default. */
export function shownFirst() {
  for (const name of ["project", "dag_id"]) {
    const value = address.searchParams.get(name);
    if (value !== null) return { [name]: value };
  }
  return {};
}

/** The page with this project; null for all of them. The number of days stays. */
export function projectAddress(project) {
  const query = new URLSearchParams(project === null ? {} : { project });
  const days = address.searchParams.get("days");
  if (days && project !== null) query.set("days", days);
  return `?${query}`;
}

/** Nothing with a single project, and in the tab of a DAG, which is about that one. */
export function showSelector(place, { project, projects }) {
  if (projects.length < 2 || project === null || "dag_id" in shownFirst()) return;
  if (place.contains(document.activeElement)) return; // it is being used
  const select = el("select", { "aria-label": "Project", title: "Enter opens the project" },
    projects.map(({ project: name, removed }) =>
      el("option", { value: name, selected: name === project }, removed ? `${name} (removed)` : name)));
  listen(select);
  show(place, select, el("a", { class: "button", href: projectAddress(null) }, "All projects"));
}

/** A click opens the project; an arrow key, which changes the value at each press, waits for Enter. */
function listen(select) {
  const open = () => location.assign(projectAddress(select.value));
  let typing = false;
  select.addEventListener("pointerdown", () => (typing = false));
  select.addEventListener("keydown", ({ key }) => {
    typing = true;
    if (key === "Enter") open();
  });
  select.addEventListener("change", () => typing || open());
}
