"""The day that a run loads, the wait until Amplitude has all of it, and its windows."""
