"""Exports loaded days again some days later, and compares them with what was loaded."""
