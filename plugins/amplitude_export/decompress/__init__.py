"""From archive to files of JSON on the volume: every line checked and counted."""
