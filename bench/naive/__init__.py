"""The script that the product replaces, as such scripts are usually written: no checks."""
