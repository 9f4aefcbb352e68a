"""The invented world of the stand-in: places, browsers, pages and page elements.

Everything is invented. Hosts are under example.* and addresses in the ranges that RFC 5737 and
RFC 3849 reserve for documentation, so no generated event names a real person or site.
"""

from __future__ import annotations

from typing import NamedTuple

SITE = "https://www.example.co.uk"
DOMAIN = "www.example.co.uk"


class Place(NamedTuple):
    """A city; `network` and a last part make an address of that place."""

    city: str | None
    region: str | None
    country: str
    dma: str | None
    language: str
    network: str


class Browser(NamedTuple):
    """A browser as Amplitude derives it from a user agent; on the web `os_name` is the browser."""

    os_name: str
    device_family: str
    device_type: str
    first_version: int


class Page(NamedTuple):
    """A page of the site."""

    path: str
    title: str

    @property
    def url(self) -> str:
        """Return the whole address."""
        return SITE + self.path


class Element(NamedTuple):
    """A page element to click on; `left` and `top` are pixels."""

    text: str | None
    tag: str
    left: int
    top: int
    href: str | None = None


PLACES = (
    Place("London", "England", "United Kingdom", None, "English", "192.0.2.{}"),
    Place("Hemel Hempstead", "Hertfordshire", "United Kingdom", None, "English", "192.0.2.{}"),
    Place("Manchester", "England", "United Kingdom", None, "English", "2001:db8:44::{:x}"),
    Place("Ashburn", "Virginia", "United States", "Washington, DC (Hagerstown, MD)", "English",
          "198.51.100.{}"),
    Place("Hartford", "Connecticut", "United States", "Hartford & New Haven, CT", "English",
          "2001:db8:1::{:x}"),
    Place("Depok", "West Java", "Indonesia", None, "English", "203.0.113.{}"),
    Place("Zürich", "Zurich", "Switzerland", None, "German", "203.0.113.{}"),
    Place(None, None, "France", None, "French", "198.51.100.{}"),
)  # fmt: skip
PLACE_WEIGHTS = (34, 10, 12, 14, 5, 8, 7, 10)

BROWSERS = (
    Browser("Chrome", "Windows", "Windows", 120),
    Browser("Edge", "Windows", "Windows", 120),
    Browser("Chrome", "Mac OS X", "Mac", 120),
    Browser("Safari", "Mac OS X", "Mac", 17),
    Browser("Mobile Safari", "iOS", "Apple iPhone", 17),
    Browser("Chrome Mobile", "Android", "Android", 120),
    Browser("Firefox", "Linux", "Linux", 121),
)
BROWSER_WEIGHTS = (30, 16, 16, 10, 12, 12, 4)
VIEWPORTS = ((574, 839), (1280, 720), (1512, 823), (1920, 953), (390, 664))

HOME = Page("/", "Example - We help people see their data")
CONTACT = Page("/contact/", "Contact us - Example")
PAGES = (
    HOME,
    Page("/how-we-help/", "How we help - Example"),
    Page("/dataschool/", "Example - Data School"),
    Page("/training/prices/", "Training from £495 a day - Example"),
    Page(
        "/community/blog/virtual-connections/", "Why You Should Use Virtual Connections - Example"
    ),
    Page("/community/blog/café-metrics/", "Café metrics: “counting” what counts - Example"),
    Page("/careers/", "Careers - Example"),
    CONTACT,
)
PAGE_WEIGHTS = (24, 14, 16, 10, 14, 8, 8, 6)

OPEN_MENU = Element("Open main menu", "button", 512, 19)
CLOSE_MENU = Element("Close menu", "button", 512, 21)
ACCEPT = Element("Accept", "div", 0, 0)
LINKS = (
    Element("The Data School", "a", 12, 251, f"{SITE}/dataschool/"),
    Element("How we help", "a", 12, 199, f"{SITE}/how-we-help/"),
    Element("Book a place – £495", "a", 96, 1204, f"{SITE}/training/prices/"),
    Element("Careers", "a", 12, 303, f"{SITE}/careers/"),
    Element("jo.bloggs@example.co.uk", "a", 40, 2210, "mailto:jo.bloggs@example.co.uk"),
)
# Elements that look active but do nothing: the targets of rage clicks.
DEAD = (Element("Download report", "button", 430, 610), Element(None, "svg", 498, 24))

# The empty string is a visit without a referrer.
REFERRERS = (
    "",
    "https://search.example.com/",
    "https://social.example.net/t/ab12",
    "https://news.example.org/",
)
REFERRER_WEIGHTS = (45, 40, 9, 6)
# Local parts of addresses, with legal characters that break naive parsers.
PEOPLE = ("jo.bloggs", "joe.public", "a.n.other", "pat.o'example", "j.sample+news")
