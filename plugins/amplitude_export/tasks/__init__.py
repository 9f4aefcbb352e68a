"""The code that all tasks share: retries, defaults, connections and assets."""
