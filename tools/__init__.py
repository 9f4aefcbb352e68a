"""Tools of the repository itself: what generates or checks files, and never runs in production."""
