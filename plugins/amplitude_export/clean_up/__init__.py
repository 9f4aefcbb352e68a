"""Removes from the volume what a committed load no longer needs."""
