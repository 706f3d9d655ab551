"""What kind of terms a licence has, as data: facts of the licences' texts.

``permissive`` and ``public-domain`` ask for notices at most. ``weak-copyleft`` asks for the
source of the licensed files or library, ``strong-copyleft`` for that of the work made with it,
``network-copyleft`` also when it is only used over a network. ``source-available`` forbids some
uses or fields (SPDX lists such licences too), ``noncommercial`` forbids commercial ones.
A licence that stands in no list has no category, and no category speaks of it.
"""

from functools import cache

CATEGORIES: dict[str, str] = {
    "public-domain": """
        0BSD CC-PDDC CC-PDM-1.0 CC0-1.0 PDDL-1.0 SAX-PD Unlicense blessing ANTLR-PD NIST-PD
        NTIA-PD WTFPL MIT-0 libselinux-1.0
    """,
    "permissive": """
        AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 Artistic-2.0
        Beerware BlueOak-1.0.0 Boehm-GC BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent
        BSD-2-Clause-Views BSD-3-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear
        BSD-3-Clause-LBNL BSD-3-Clause-Modification BSD-3-Clause-Open-MPI BSD-4-Clause
        BSD-4-Clause-Shortened BSD-4-Clause-UC BSD-Source-Code BSL-1.0 bzip2-1.0.6 CC-BY-1.0
        CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CNRI-Python curl ECL-1.0 ECL-2.0 EFL-2.0
        Entessa FSFAP FSFUL FSFULLR FSFULLRWD FTL HPND HPND-sell-variant ICU IJG ImageMagick
        Info-ZIP Intel ISC JasPer-2.0 Libpng libpng-2.0 libtiff LiLiQ-P-1.1 MIT MIT-advertising
        MIT-CMU MIT-enna MIT-feh MIT-Modern-Variant MIT-open-group MIT-Wu MirOS MulanPSL-1.0
        MulanPSL-2.0 Multics NAIST-2003 NCSA Net-SNMP NetCDF NTP OLDAP-2.8 OML OpenSSL
        PHP-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 Python-2.0.1 Ruby-pty SGI-B-2.0 SMLNJ
        snprintf SSH-OpenSSH SSH-short SSLeay-standalone OpenSSL-standalone SunPro Spencer-86
        Spencer-94 Spencer-99 TCL TCP-wrappers Unicode-3.0 Unicode-DFS-2015 Unicode-DFS-2016
        Unicode-TOU UPL-1.0 Vim W3C W3C-19980720 W3C-20150513 X11
        X11-distribute-modifications-variant XFree86-1.1 Xfig xinetd Xnet
        Zend-2.0 Zlib zlib-acknowledgement ZPL-1.1 ZPL-2.0 ZPL-2.1
        mpich2 mplus Fair MakeIndex ISC-Veillard OFL-1.0 OFL-1.1 OFL-1.1-RFN OFL-1.1-no-RFN
        Bitstream-Vera Bitstream-Charter CDLA-Permissive-1.0 CDLA-Permissive-2.0 Cronyx
    """,
    "weak-copyleft": """
        Artistic-1.0 Artistic-1.0-Perl Artistic-1.0-cl8 ClArtistic APSL-1.0 APSL-1.1 APSL-1.2
        APSL-2.0 BitTorrent-1.1 CC-BY-SA-3.0 CC-BY-SA-4.0 CDDL-1.0 CDDL-1.1 CECILL-C
        CERN-OHL-W-2.0 CPL-1.0 EPL-1.0 EPL-2.0 ErlPL-1.1 EUPL-1.0 EUPL-1.1 EUPL-1.2
        IPL-1.0 Interbase-1.0 LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later
        LGPL-3.0-only LGPL-3.0-or-later LGPLLR LiLiQ-R-1.1 LPL-1.02 LPPL-1.3c MPL-1.0 MPL-1.1
        MPL-2.0 MPL-2.0-no-copyleft-exception MS-PL MS-RL Nokia NPL-1.0 NPL-1.1 Ruby SISSL
        SISSL-1.2 SPL-1.0 Watcom-1.0 wxWindows YPL-1.1 gSOAP-1.3b MITNFA
    """,
    "strong-copyleft": """
        CECILL-1.0 CECILL-1.1 CECILL-2.0 CECILL-2.1 CERN-OHL-S-2.0 copyleft-next-0.3.0
        copyleft-next-0.3.1 GFDL-1.1-only GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later
        GFDL-1.3-only GFDL-1.3-or-later GPL-1.0-only GPL-1.0-or-later GPL-2.0-only
        GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later LiLiQ-Rplus-1.1 QPL-1.0 Sleepycat
        SMAIL-GPL SimPL-2.0 Nunit
    """,
    "network-copyleft": """
        AGPL-1.0-only AGPL-1.0-or-later AGPL-3.0-only AGPL-3.0-or-later CAL-1.0
        CAL-1.0-Combined-Work-Exception CPAL-1.0 NPOSL-3.0 OSL-1.0 OSL-1.1 OSL-2.0 OSL-2.1
        OSL-3.0 RPL-1.1 RPL-1.5 RPSL-1.0 Parity-6.0.0 Parity-7.0.0
    """,
    "source-available": """
        BUSL-1.1 Elastic-2.0 FSL-1.1-ALv2 FSL-1.1-MIT SSPL-1.0 SUL-1.0 JSON Hippocratic-2.1
        BSD-3-Clause-No-Military-License BSD-3-Clause-No-Nuclear-License
        BSD-3-Clause-No-Nuclear-License-2014 PolyForm-Small-Business-1.0.0 COIL-1.0
        CC-BY-ND-1.0 CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0 Arphic-1999
    """,
    "noncommercial": """
        Aladdin CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0
        CC-BY-NC-ND-1.0 CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0
        CC-BY-NC-SA-1.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0
        PolyForm-Noncommercial-1.0.0 NCGL-UK-2.0
    """,
}
_WIDER = {"copyleft": ("weak-copyleft", "strong-copyleft", "network-copyleft")}
NAMES = (*CATEGORIES, *_WIDER)
"""What ``category:`` may be followed by; ``copyleft`` is all three kinds of it."""

# With these a work that is made with or links to the licensed one is free of its terms.
_EXCEPTIONS = """
    Autoconf-exception-2.0 Autoconf-exception-3.0 Autoconf-exception-generic
    Autoconf-exception-generic-3.0 Autoconf-exception-macro Bison-exception-1.24
    Bison-exception-2.2 CGAL-linking-exception Classpath-exception-2.0 CLISP-exception-2.0
    Digia-Qt-LGPL-exception-1.1 eCos-exception-2.0 erlang-otp-linking-exception FLTK-exception
    Font-exception-2.0 freertos-exception-2.0 GCC-exception-2.0 GCC-exception-2.0-note
    GCC-exception-3.1 GNAT-exception GNU-compiler-exception gnu-javamail-exception
    GPL-3.0-linking-exception GPL-3.0-linking-source-exception i2p-gpl-java-exception
    Independent-modules-exception LGPL-3.0-linking-exception Libtool-exception
    Linux-syscall-note LLGPL OCaml-LGPL-linking-exception OpenJDK-assembly-exception-1.0
    Qwt-exception-1.0 SWI-exception Swift-exception Texinfo-exception Universal-FOSS-exception-1.0
    WxWindows-exception-3.1
"""
_LINKING = frozenset(_EXCEPTIONS.split())


def category(identifier: str, exception: str = "") -> str:
    """Return the category of a licence, "" where it has none here.

    An exception that frees what links to a work makes strong copyleft weak.
    """
    found = _table().get(identifier, "")
    return "weak-copyleft" if found == "strong-copyleft" and exception in _LINKING else found


def named(name: str) -> frozenset[str]:
    """Return the categories that *name* stands for."""
    return frozenset(_WIDER.get(name, (name,)))


@cache
def _table() -> dict[str, str]:
    return {name: kind for kind, names in CATEGORIES.items() for name in names.split()}
