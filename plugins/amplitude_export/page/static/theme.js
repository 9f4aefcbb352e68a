/**
 * Follow Airflow's theme, light or dark.
 *
 * Airflow's root element has the class "light" or "dark", which changes with the user's choice.
 * Outside Airflow's frame, or without such a class, the style sheet follows the system.
 */
(() => {
  /** Airflow's root element, null outside its frame. */
  function airflowsRoot() {
    if (window.parent === window) return null;
    try {
      return window.parent.document.documentElement;
    } catch (error) {
      if (error instanceof DOMException) return null; // the frame of a foreign page
      throw error;
    }
  }

  function follow(root) {
    const theme = ["dark", "light"].find((name) => root.classList.contains(name));
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }

  const root = airflowsRoot();
  if (root === null) return;
  follow(root);
  new MutationObserver(() => follow(root)).observe(root, { attributeFilter: ["class"] });
})();
