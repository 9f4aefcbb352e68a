"""What all tasks have in common: retries, defaults, connections and assets."""
