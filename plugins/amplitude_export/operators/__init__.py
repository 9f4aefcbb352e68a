"""What the DAGs are made of, and when a task of theirs is tried again."""
