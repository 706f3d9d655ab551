"""Until when releases of operating systems get fixes, as their makers published it.

One line a release: distribution (os-release's ID), VERSION_ID, codename or ``-``, the last day of
general support, of longer support that is free for everyone (Debian LTS), and of the longest that
is sold (Ubuntu Pro with Legacy, Debian ELTS, Red Hat ELS, SUSE LTSS). ``-`` is: there is none, or
no day was published. Where only a month is published, its last day is taken.

Sources: the package distro-info-data of Debian (debian.csv, ubuntu.csv) for Debian and Ubuntu;
for the others their makers' own calendars, as https://endoflife.date collects them (to
November 2026; days to come may be moved).
"""

from datetime import date
from functools import cache

from msgspec import Struct

ROLLING = frozenset({
    "arch", "archlinux", "artix", "chainguard", "gentoo", "kali", "manjaro", "minimos", "nixos",
    "opensuse-tumbleweed", "void", "wolfi",
})  # fmt: skip
"""Distributions that have no releases: what is up to date is supported."""

_SAME = {"sled": "sles", "sles_sap": "sles", "sle_hpc": "sles", "opensuse": "opensuse-leap"}
_EXACT = frozenset({"sles"})
"""Where ``15`` is a release beside ``15.5``, and not all of them."""


class Support(Struct, frozen=True):
    """The last days of support: *general*, *free* (longer, for everyone), *paid* (longest)."""

    codename: str
    general: date | None
    free: date | None
    paid: date | None

    @property
    def for_all(self) -> date | None:
        """Return the last day on which everyone gets fixes."""
        return self.free or self.general

    @property
    def longest(self) -> date | None:
        """Return the last day on which anyone gets fixes."""
        return self.paid or self.free or self.general


def of(distro: str, version: str) -> Support | None:
    """Return until when a release is supported; None where no row tells.

    *version* may have more parts than the release has: ``3.19.1`` is Alpine 3.19.
    """
    table = _table()
    distro = _SAME.get(distro, distro)
    parts = version.split(".")[:4]
    found = table.get((distro, version))
    while found is None and parts and distro not in _EXACT:
        found = table.get((distro, ".".join(parts)))
        parts.pop()
    return found


@cache
def releases(distro: str) -> dict[str, Support]:
    """Return all releases of a distribution that have a row, by VERSION_ID and by codename."""
    found = {key[1]: row for key, row in _table().items() if key[0] == distro}
    named = {row.codename: row for row in found.values() if row.codename}
    return named | found


@cache
def _table() -> dict[tuple[str, str], Support]:
    found = {}
    for line in _ROWS.splitlines():
        distro, version, codename, *days = line.split()
        dates = [None if day == "-" else date.fromisoformat(day) for day in days]
        found[distro, version] = Support(codename.strip("-"), *dates)
    return found


_ROWS = """\
almalinux 8 - 2029-05-31 - -
almalinux 9 - 2032-05-31 - -
almalinux 10 - 2035-05-31 - -
alpine 3.0 - 2016-05-01 - -
alpine 3.1 - 2016-11-01 - -
alpine 3.2 - 2017-05-01 - -
alpine 3.3 - 2017-11-01 - -
alpine 3.4 - 2018-05-01 - -
alpine 3.5 - 2018-11-01 - -
alpine 3.6 - 2019-05-01 - -
alpine 3.7 - 2019-11-01 - -
alpine 3.8 - 2020-05-01 - -
alpine 3.9 - 2020-11-01 - -
alpine 3.10 - 2021-05-01 - -
alpine 3.11 - 2021-11-01 - -
alpine 3.12 - 2022-05-01 - -
alpine 3.13 - 2022-11-01 - -
alpine 3.14 - 2023-05-01 - -
alpine 3.15 - 2023-11-01 - -
alpine 3.16 - 2024-05-23 - -
alpine 3.17 - 2024-11-22 - -
alpine 3.18 - 2025-05-09 - -
alpine 3.19 - 2025-11-01 - -
alpine 3.20 - 2026-04-01 - -
alpine 3.21 - 2026-11-01 - -
alpine 3.22 - 2027-05-01 - -
alpine 3.23 - 2027-11-01 - -
amzn 2 - 2026-06-30 - -
amzn 2018.03 - 2023-12-31 - -
amzn 2023 - 2029-06-30 - -
centos 5 - 2017-03-31 - -
centos 6 - 2020-11-30 - -
centos 7 - 2024-06-30 - -
centos 8 - 2021-12-31 - -
centos 9 - 2027-05-31 - -
centos-stream 8 - 2024-05-31 - -
centos-stream 9 - 2027-05-31 - -
debian 1.1 buzz 1997-06-05 - -
debian 1.2 rex 1998-06-05 - -
debian 1.3 bo 1999-03-09 - -
debian 2.0 hamm 2000-03-09 - -
debian 2.1 slink 2000-10-30 - -
debian 2.2 potato 2003-06-30 - -
debian 3.0 woody 2006-06-30 - -
debian 3.1 sarge 2008-03-31 - -
debian 4.0 etch 2010-02-15 - -
debian 5.0 lenny 2012-02-06 - -
debian 6.0 squeeze 2014-05-31 2016-02-29 -
debian 7 wheezy 2016-04-25 2018-05-31 2020-06-30
debian 8 jessie 2018-06-17 2020-06-30 2025-06-30
debian 9 stretch 2020-07-18 2022-06-30 2027-06-30
debian 10 buster 2022-09-10 2024-06-30 2029-06-30
debian 11 bullseye 2024-08-14 2026-08-31 2031-06-30
debian 12 bookworm 2026-07-11 2028-06-30 2033-06-30
debian 13 trixie 2028-08-09 2030-06-30 2035-06-30
fedora 25 - 2017-12-12 - -
fedora 26 - 2018-05-29 - -
fedora 27 - 2018-11-30 - -
fedora 28 - 2019-05-28 - -
fedora 29 - 2019-11-26 - -
fedora 30 - 2020-05-26 - -
fedora 31 - 2020-11-24 - -
fedora 32 - 2021-05-25 - -
fedora 33 - 2021-11-30 - -
fedora 34 - 2022-06-07 - -
fedora 35 - 2022-12-13 - -
fedora 36 - 2023-05-16 - -
fedora 37 - 2023-12-05 - -
fedora 38 - 2024-05-21 - -
fedora 39 - 2024-11-26 - -
fedora 40 - 2025-05-13 - -
fedora 41 - 2025-12-15 - -
fedora 42 - 2026-05-13 - -
fedora 43 - 2026-12-09 - -
mageia 6 - 2019-09-30 - -
mageia 7 - 2021-06-30 - -
mageia 8 - 2023-11-30 - -
mariner 1.0 - 2023-07-31 - -
mariner 2.0 - 2025-07-31 - -
ol 6 - 2021-03-31 - 2024-12-31
ol 7 - 2024-12-31 - 2028-06-30
ol 8 - 2029-07-31 - 2032-07-31
ol 9 - 2032-06-30 - 2035-06-30
ol 10 - 2035-06-30 - 2038-06-30
opensuse-leap 15.0 - 2019-12-03 - -
opensuse-leap 15.1 - 2021-02-02 - -
opensuse-leap 15.2 - 2022-01-04 - -
opensuse-leap 15.3 - 2022-12-31 - -
opensuse-leap 15.4 - 2023-12-07 - -
opensuse-leap 15.5 - 2024-12-31 - -
opensuse-leap 15.6 - 2026-04-30 - -
opensuse-leap 16.0 - 2027-10-31 - -
opensuse-leap 42.3 - 2019-07-01 - -
photon 1.0 - 2022-02-28 - -
photon 2.0 - 2022-12-31 - -
photon 3.0 - 2024-03-01 - -
rhel 5 - 2017-03-31 - 2020-11-30
rhel 6 - 2020-11-30 - 2024-06-30
rhel 7 - 2024-06-30 - 2028-06-30
rhel 8 - 2029-05-31 - 2032-05-31
rhel 9 - 2032-05-31 - 2035-05-31
rhel 10 - 2035-05-31 - 2038-05-31
rocky 8 - 2029-05-31 - -
rocky 9 - 2032-05-31 - -
rocky 10 - 2035-05-31 - -
scientific 6 - 2020-11-30 - -
scientific 7 - 2024-06-30 - -
sles 11.4 - 2019-03-31 - 2022-03-31
sles 12 - 2016-06-30 - 2019-07-01
sles 12.1 - 2017-05-31 - 2020-05-31
sles 12.2 - 2018-03-31 - 2021-03-31
sles 12.3 - 2019-06-30 - 2022-06-30
sles 12.4 - 2020-06-30 - 2023-06-30
sles 12.5 - 2024-10-31 - 2027-10-31
sles 15 - 2019-12-31 - 2022-12-31
sles 15.1 - 2021-01-31 - 2024-01-31
sles 15.2 - 2021-12-31 - 2024-12-31
sles 15.3 - 2022-12-31 - 2025-12-31
sles 15.4 - 2023-12-31 - 2026-12-31
sles 15.5 - 2024-12-31 - 2027-12-31
sles 15.6 - 2025-12-31 - 2028-12-31
sles 15.7 - 2031-07-31 - 2034-07-31
sles 16.0 - 2027-11-30 - 2030-11-30
ubuntu 4.10 warty 2006-04-30 - -
ubuntu 5.04 hoary 2006-10-31 - -
ubuntu 5.10 breezy 2007-04-13 - -
ubuntu 6.06 dapper 2011-06-01 - -
ubuntu 6.10 edgy 2008-04-25 - -
ubuntu 7.04 feisty 2008-10-19 - -
ubuntu 7.10 gutsy 2009-04-18 - -
ubuntu 8.04 hardy 2013-05-09 - -
ubuntu 8.10 intrepid 2010-04-30 - -
ubuntu 9.04 jaunty 2010-10-23 - -
ubuntu 9.10 karmic 2011-04-30 - -
ubuntu 10.04 lucid 2015-04-30 - -
ubuntu 10.10 maverick 2012-04-10 - -
ubuntu 11.04 natty 2012-10-28 - -
ubuntu 11.10 oneiric 2013-05-09 - -
ubuntu 12.04 precise 2017-04-28 - 2019-04-26
ubuntu 12.10 quantal 2014-05-16 - -
ubuntu 13.04 raring 2014-01-27 - -
ubuntu 13.10 saucy 2014-07-17 - -
ubuntu 14.04 trusty 2019-04-25 - 2026-04-28
ubuntu 14.10 utopic 2015-07-23 - -
ubuntu 15.04 vivid 2016-02-04 - -
ubuntu 15.10 wily 2016-07-28 - -
ubuntu 16.04 xenial 2021-04-30 - 2028-04-25
ubuntu 16.10 yakkety 2017-07-20 - -
ubuntu 17.04 zesty 2018-01-13 - -
ubuntu 17.10 artful 2018-07-19 - -
ubuntu 18.04 bionic 2023-05-31 - 2030-04-30
ubuntu 18.10 cosmic 2019-07-18 - -
ubuntu 19.04 disco 2020-01-23 - -
ubuntu 19.10 eoan 2020-07-17 - -
ubuntu 20.04 focal 2025-05-29 - 2032-04-27
ubuntu 20.10 groovy 2021-07-22 - -
ubuntu 21.04 hirsute 2022-01-20 - -
ubuntu 21.10 impish 2022-07-14 - -
ubuntu 22.04 jammy 2027-06-01 - 2034-04-25
ubuntu 22.10 kinetic 2023-07-20 - -
ubuntu 23.04 lunar 2024-01-25 - -
ubuntu 23.10 mantic 2024-07-11 - -
ubuntu 24.04 noble 2029-05-31 - 2036-04-29
ubuntu 24.10 oracular 2025-07-10 - -
ubuntu 25.04 plucky 2026-01-15 - -
ubuntu 25.10 questing 2026-07-09 - -
ubuntu 26.04 resolute 2031-05-29 - 2038-04-27
"""
