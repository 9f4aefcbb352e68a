"""Access control: roles, users, virtual warehouses, grants, and their effect on a session.

account.py         all of them, in memory and in the catalogue file
privileges.py      the privileges, and the kinds of objects that they apply to
session.py         one session's user, role and warehouse, and its rights
names.py           the object that a name in a statement means
needs.py           the privileges that a statement needs, read from its tree
administration.py  CREATE, ALTER, DROP, DESC and SHOW of roles, users and warehouses; USE
granting.py        GRANT, REVOKE and SHOW GRANTS; shown.py, its rows
users.py           a user's properties; warehouses.py, a virtual warehouse's
keys.py            public keys, and the tokens that a login signs with the private key
login.py           logins, and the role of the session
"""
