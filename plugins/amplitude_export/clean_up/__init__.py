"""Removes files from the volume that a committed load no longer needs."""
