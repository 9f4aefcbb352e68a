"""A stand-in for an npm registry with one package: invented owners of IP networks."""

from local.packages.api import Packages
from local.packages.owners import IPV4, IPV6
from local.packages.package import PACKAGE, Release

__all__ = ["IPV4", "IPV6", "PACKAGE", "Packages", "Release"]
