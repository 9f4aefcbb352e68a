"""Downloads from Amplitude to the volume: one archive for each response of the Export API."""
