"""The owner of an address, the class of its network, and the company of a session."""

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
    """The content of the project's seeds, and its default settings.

    `patterns` are (priority, word or words of the owner's name, class); captions are in lower case.
    """

    network_classes: dict[int, str]
    patterns: tuple[tuple[int, str, str], ...]
    free_mail_domains: frozenset[str]
    opens_menu: frozenset[str] = frozenset({"open main menu", "open menu", "menu"})
    closes_menu: frozenset[str] = frozenset({"close main menu", "close menu"})

    @classmethod
    def read(cls) -> Seeds:
        """Read the project's seeds."""
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
    """Return an IPv4 address as a number, or the first 64 bits of a global unicast IPv6 address.

    None for any other address, and for text that is not an address.
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
    """Return the owner of the address and the owner's class."""
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
    """Return the words in lower case, each between spaces, so that `in` finds only whole words."""
    return f" {' '.join(re.split('[^a-z0-9]+', (text or '').lower()))} "


def email_domain(user_id: str | None) -> str | None:
    """Return the domain, in lower case, of a user id that is an e-mail address."""
    found = _MAIL.fullmatch(user_id or "")
    return found[1].lower() if found else None


def company(session: Row, seeds: Seeds) -> dict[str, Any]:
    """Return the company of a session that already has its network's owner and e-mail domain."""
    domain = session["email_domain"]
    if session["network_class"] == "business":
        return _named(f"AS{session['asn']}", session["network_name"], "network")
    if domain is not None and domain not in seeds.free_mail_domains:
        return _named(domain, domain, "email")
    return _named(None, None, None)


def _named(key: str | None, name: str | None, signal: str | None) -> dict[str, Any]:
    return {"company_key": key, "company": name, "company_signal": signal}
