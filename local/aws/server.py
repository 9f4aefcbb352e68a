"""moto's server in this process, with the additions of this package and IAM enforced.

The additions replace methods of moto's classes for every server of the process, so the stand-in
runs in a process of its own.
"""

from __future__ import annotations

import logging
from functools import partial

from moto import settings
from moto.server import ThreadedMotoServer

from local.aws import anonymous, changes, completion, kms, permissions, region, stacks
from local.aws.account import Account
from local.aws.identities import create_identities


def start(port: int) -> Account:
    """Start the server on 127.0.0.1; return the account once its identities exist."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    host, bound_port = server.get_host_and_port()
    account = create_identities(f"http://{host}:{bound_port}")
    for addition in (anonymous, region, changes, kms, permissions):
        addition.install()
    stacks.install(partial(completion.complete, account))
    # From now on moto checks every call against IAM.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    return account
