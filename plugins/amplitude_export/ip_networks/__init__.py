"""Keeps the table IP_NETWORKS up to date: which company owns which addresses."""
