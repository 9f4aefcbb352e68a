"""Keeps the table IP_NETWORKS, which names the owners of IP addresses, up to date."""
