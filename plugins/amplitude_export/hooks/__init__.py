"""One class a system: Amplitude's Export API, and the warehouse."""
