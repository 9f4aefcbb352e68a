"""Reconciles a loaded day across volume, bucket and warehouse, and reads the ledger."""
