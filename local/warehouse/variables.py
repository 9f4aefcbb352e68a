"""Session variables (`set x = 1; select $x`); a `$` inside quotes or comments is not one."""

from __future__ import annotations

import re

from fakesnow.variables import Variables
from snowflake.connector.errors import ProgrammingError

from local.warehouse.errors import COMPILATION, error

QUOTED_OR_VARIABLE = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$\$.*?\$\$
    | (?<![\w$]) \$ (?P<name>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)


class QuotedVariables(Variables):
    """fakesnow's variables, except that `json_data:"$insert_id"` is a path and not a variable."""

    def inline_variables(self, sql: str) -> str:
        """Return the statement with its variables' values; raise for an unset variable."""
        return QUOTED_OR_VARIABLE.sub(self._value, sql)

    def _value(self, found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        values: dict[str, str] = {known.upper(): value for known, value in self._variables.items()}
        if name.upper() not in values:
            raise _unknown(name)
        return values[name.upper()]


def _unknown(name: str) -> ProgrammingError:
    text = f"{COMPILATION}Session variable '${name.upper()}' does not exist"
    return error(2211, "02000", text)
