"""The launcher behind `make run`, `up` and the other commands of `python -m local`."""
