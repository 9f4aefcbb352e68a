"""Who owns an address, of what class the network is, and which company a session comes from."""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.transform.reference.typed import Row

# First and last key, both inclusive, the autonomous system's number and its owner's name.
Network = tuple[int, int, int, str]

_SEEDS = Path(__file__).parents[3] / "include" / "dbt" / "seeds"
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_MAIL = re.compile(r"[^@\s]+@([^@\s]+\.[^@\s]+)")


@dataclass(frozen=True)
class Seeds:
    """What stands in the project's seeds, and its settings as they are by default.

    `patterns` are (priority, word or words of the owner's name, class); captions are in lower case.
    """

    network_classes: dict[int, str]
    patterns: tuple[tuple[int, str, str], ...]
    free_mail_domains: frozenset[str]
    opens_menu: frozenset[str] = frozenset({"open main menu", "open menu", "menu"})
    closes_menu: frozenset[str] = frozenset({"close main menu", "close menu"})

    @classmethod
    def read(cls) -> Seeds:
        """The project's."""
        classes = _records("network_classes")
        patterns = _records("network_class_patterns")
        return cls(
            {int(row["asn"]): row["network_class"] for row in classes},
            tuple((int(p["priority"]), p["pattern"], p["network_class"]) for p in patterns),
            frozenset(row["domain"] for row in _records("free_mail_domains")),
        )


def _records(seed: str) -> list[dict[str, str]]:
    with (_SEEDS / f"{seed}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def address_key(ip_address: str | None) -> int | None:
    """An IPv4 address as its number, the first 64 bits of an IPv6 address that is global unicast.

    Null for any other, and for what is no address.
    """
    try:
        address = ipaddress.ip_address(ip_address or "")
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.version == 4:
        return int(address)
    return int(address) >> 64 if address in _GLOBAL_UNICAST else None


def owner(ip_address: str | None, networks: Iterable[Network], seeds: Seeds) -> Row:
    """The owner of the address, and of what class it is."""
    key = address_key(ip_address)
    found = [n for n in networks if key is not None and n[0] <= key <= n[1]]
    asn, name = found[0][2:] if found else (None, None)
    return {"asn": asn, "network_name": name, "network_class": _class(asn, name, seeds)}


def _class(asn: int | None, name: str | None, seeds: Seeds) -> str:
    if asn is None:
        return "unknown"
    if asn in seeds.network_classes:
        return seeds.network_classes[asn]
    words = _words(name)
    matching = (c for _, pattern, c in sorted(seeds.patterns) if _words(pattern) in words)
    return next(matching, "business")


def _words(text: str | None) -> str:
    """The text's words in lower case, each between two spaces: whole words are found as text."""
    return f" {' '.join(re.split('[^a-z0-9]+', (text or '').lower()))} "


def email_domain(user_id: str | None) -> str | None:
    """The domain of a user id that is an e-mail address, in lower case."""
    found = _MAIL.fullmatch(user_id or "")
    return found[1].lower() if found else None


def company(session: Row, seeds: Seeds) -> dict[str, Any]:
    """The company of a session that has its network's owner and its user's e-mail domain."""
    domain = session["email_domain"]
    if session["network_class"] == "business":
        return _named(f"AS{session['asn']}", session["network_name"], "network")
    if domain is not None and domain not in seeds.free_mail_domains:
        return _named(domain, domain, "email")
    return _named(None, None, None)


def _named(key: str | None, name: str | None, signal: str | None) -> dict[str, Any]:
    return {"company_key": key, "company": name, "company_signal": signal}
