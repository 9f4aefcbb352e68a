"""Invented owners of the addresses that the stand-in of Amplitude's visitors have.

All of it is reserved for documentation: addresses by RFC 5737 and RFC 3849, AS numbers by RFC 5398.
An address without a line has no owner. Some lines have quirks on purpose: a comma and quotes in a
name, spaces, AS 0, a /64 that several share, and addresses that are not public.
"""

from __future__ import annotations

IPV4 = """\
192.0.2.0,192.0.2.127,64496,Example Broadband Ltd
192.0.2.128,192.0.2.151,64497,Example Widgets Ltd
192.0.2.152,192.0.2.175,64498,"Example, Example & Sons ""Builders"" plc"
192.0.2.176,192.0.2.191,64499,University of Example
192.0.2.192,192.0.2.207,64500,Example VPN
198.51.100.0,198.51.100.95,64501,Example Cloud Hosting Inc
198.51.100.96,198.51.100.159,64502,Example Insurance Inc
198.51.100.160,198.51.100.191,64503,  Assurances  Exemple SA 
198.51.100.192,198.51.100.255,0,Not routed
203.0.113.0,203.0.113.127,64504,Example Mobile
203.0.113.128,203.0.113.191,64505,Beispiel Maschinenbau AG
"""
IPV6 = """\
2001:db8:1::,2001:db8:1::2f,64506,Example Networks Inc
2001:db8:1::30,2001:db8:1:ffff:ffff:ffff:ffff:ffff,64507,Example Shipping Inc
2001:db8:44::,2001:db8:44:ffff:ffff:ffff:ffff:ffff,64496,Example Broadband Ltd
fd00::,fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,64508,Nobody's
"""
