"""A second api-server of a running stack, in which a token has its user's role: python … <port>.

The first makes every user an administrator. It runs in the folder of the stack.
"""

from __future__ import annotations

import os
import sys

from local.launcher import airflow, settings
from local.launcher.stack import Stack, connections

stack, given = Stack.running(), settings.read()
if stack is None:
    raise SystemExit("no stack is running here")
port = int(sys.argv[1])
environment = airflow.environment({**given.env, **connections(stack)}, port, schedule=True)
environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"{stack.url}/execution/"
command = [sys.executable, "-m", *airflow.COMPONENTS["api-server"]]
os.execve(sys.executable, command, environment)  # noqa: S606
