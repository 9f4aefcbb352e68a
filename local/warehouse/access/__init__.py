"""Access control: roles, users, virtual warehouses, grants, and their effect on a session.

account.py         what the account holds of them, in memory and in the catalogue file
privileges.py      which privileges there are, and what they are about
session.py         one session's user, role and warehouse, and what they allow
names.py           from a name in a statement to the object that it means
needs.py           what a statement needs, read from its tree
administration.py  CREATE, ALTER, DROP, DESC and SHOW of roles, users and warehouses; USE
granting.py        GRANT, REVOKE and SHOW GRANTS
users.py           a user's properties; warehouses.py, a virtual warehouse's
keys.py            public keys, and the tokens that a login signs with the private one
login.py           who may log in, and as which role
"""
