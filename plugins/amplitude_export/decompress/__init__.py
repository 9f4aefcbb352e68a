"""Unpacks archives into JSON files on the volume; every line is checked and counted."""
