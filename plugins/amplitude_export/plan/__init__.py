"""Which UTC day a run loads, when Amplitude has all of it, and in which windows it is exported."""
