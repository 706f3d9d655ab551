"""What people write for a licence where that means one SPDX expression for certain.

Keys of NAMES are the words that formats.licences.licenses keeps of a name (lower case, without
"the", "license", "version", "software", "gnu" and the "v" of a version). What may mean several
licences is left out on purpose: "bsd", "apache", "gpl", "lgpl", "public domain", "artistic".
"GPLv2" without "or later" is the version alone, as Fedora and Debian define it.
"""

_PERMISSIVE = {
    "0bsd": "0BSD",
    "2-clause bsd": "BSD-2-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "academic free 2.1": "AFL-2.1",
    "academic free 3.0": "AFL-3.0",
    "apache 1.1": "Apache-1.1",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache2.0": "Apache-2.0",
    "apachev2": "Apache-2.0",
    "apache-license-2.0": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "artistic 2.0": "Artistic-2.0",
    "artistic-2": "Artistic-2.0",
    "boost 1.0": "BSL-1.0",
    "boost 1.0 bsl-1.0": "BSL-1.0",
    "blue oak model 1.0.0 blueoak-1.0.0": "BlueOak-1.0.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause simplified": "BSD-2-Clause",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause new or revised": "BSD-3-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "bsd zero clause": "0BSD",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd-2-clause-license": "BSD-2-Clause",
    "bsd-3-clause-license": "BSD-3-Clause",
    "cc0": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0",
    "cc0 1.0 universal cc0 1.0 public domain dedication": "CC0-1.0",
    "cc-by-3.0": "CC-BY-3.0",
    "cc-by-4.0": "CC-BY-4.0",
    "expat": "MIT",
    "expat mit": "MIT",
    "historical permission notice and disclaimer hpnd": "HPND",
    "isc": "ISC",
    "isc iscl": "ISC",
    "mit": "MIT",
    "mit mit": "MIT",
    "mit expat": "MIT",
    "mit-license": "MIT",
    "mit no attribution mit-0": "MIT-0",
    "modified bsd": "BSD-3-Clause",
    "mulan permissive 2 mulanpsl-2.0": "MulanPSL-2.0",
    "new bsd": "BSD-3-Clause",
    "new bsd 3-clause": "BSD-3-Clause",
    "postgresql": "PostgreSQL",
    "psf-2.0": "PSF-2.0",
    "python foundation": "PSF-2.0",
    "revised bsd": "BSD-3-Clause",
    "simplified bsd": "BSD-2-Clause",
    "unlicense": "Unlicense",
    "unlicense unlicense": "Unlicense",
    "universal permissive upl": "UPL-1.0",
    "upl 1.0": "UPL-1.0",
    "w3c": "W3C",
    "wtfpl": "WTFPL",
    "x11": "X11",
    "zero-clause bsd 0bsd": "0BSD",
    "zlib": "Zlib",
    "zlib/libpng": "Zlib",
    "zpl 2.1": "ZPL-2.1",
    "zope public 2.1": "ZPL-2.1",
}
_RECIPROCAL = {
    "cddl 1.0": "CDDL-1.0",
    "cddl 1.1": "CDDL-1.1",
    "common development and distribution 1.0": "CDDL-1.0",
    "common development and distribution 1.1": "CDDL-1.1",
    "cpl 1.0": "CPL-1.0",
    "common public 1.0": "CPL-1.0",
    "eclipse distribution 1.0": "BSD-3-Clause",
    "eclipse distribution - 1.0": "BSD-3-Clause",
    "edl 1.0": "BSD-3-Clause",
    "eclipse public 1.0": "EPL-1.0",
    "eclipse public 2.0": "EPL-2.0",
    "eclipse public 1.0 epl-1.0": "EPL-1.0",
    "eclipse public 2.0 epl-2.0": "EPL-2.0",
    "epl 1.0": "EPL-1.0",
    "epl 2.0": "EPL-2.0",
    "epl1.0": "EPL-1.0",
    "epl2.0": "EPL-2.0",
    "european union public licence 1.1 eupl 1.1": "EUPL-1.1",
    "european union public licence 1.2 eupl 1.2": "EUPL-1.2",
    "european union public 1.1 eupl 1.1": "EUPL-1.1",
    "european union public 1.2 eupl 1.2": "EUPL-1.2",
    "mozilla public 1.0 mpl": "MPL-1.0",
    "mozilla public 1.1": "MPL-1.1",
    "mozilla public 1.1 mpl 1.1": "MPL-1.1",
    "mozilla public 2.0": "MPL-2.0",
    "mozilla public 2.0 mpl 2.0": "MPL-2.0",
    "mpl 1.1": "MPL-1.1",
    "mpl 2": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "mplv1.1": "MPL-1.1",
    "mplv2.0": "MPL-2.0",
    "ms-pl": "MS-PL",
    "ms-rl": "MS-RL",
    "sspl 1": "SSPL-1.0",
}
_LATER = ("+", " +", " or later", " or newer", " or any later", "-or-later", "-or-newer")
_GPL = {
    "gpl": ("GPL", ("1", "2", "3"), "general public"),
    "lgpl": ("LGPL", ("2", "2.1", "3"), "lesser general public"),
    "agpl": ("AGPL", ("1", "3"), "affero general public"),
    "gfdl": ("GFDL", ("1.1", "1.2", "1.3"), "free documentation"),
}


def _family() -> dict[str, str]:
    """Return the many ways to write the GNU licences with a version."""
    names: dict[str, str] = {}
    for short, (spdx, versions, long) in _GPL.items():
        for version in versions:
            full = version if "." in version else f"{version}.0"
            for number in {version, full}:
                heads = (
                    f"{short}{number}", f"{short} {number}", f"{short}-{number}",
                    f"{short}v{number}", f"{short}-v{number}", f"{long} {number}",
                )  # fmt: skip
                for head in heads:
                    names[head] = f"{spdx}-{full}-only"
                    names[f"{head} only"] = f"{spdx}-{full}-only"
                    for tail in _LATER:
                        names[head + tail] = f"{spdx}-{full}-or-later"
                # As in the classifiers of PyPI: "... v3 or later (GPLv3+)".
                names[f"{long} {number} {short}v{number}"] = f"{spdx}-{full}-only"
                names[f"{long} {number} or later {short}v{number}+"] = f"{spdx}-{full}-or-later"
    return names


NAMES: dict[str, str] = _family() | _PERMISSIVE | _RECIPROCAL

ADDRESSES = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "opensource.org/licenses/apache-2.0": "Apache-2.0",
    "opensource.org/licenses/apache2.0": "Apache-2.0",
    "opensource.org/licenses/bsd-2-clause": "BSD-2-Clause",
    "opensource.org/licenses/bsd-3-clause": "BSD-3-Clause",
    "opensource.org/licenses/mit": "MIT",
    "opensource.org/licenses/isc": "ISC",
    "opensource.org/licenses/mpl-2.0": "MPL-2.0",
    "opensource.org/licenses/zlib": "Zlib",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "eclipse.org/legal/epl-v10": "EPL-1.0",
    "eclipse.org/legal/epl-v20": "EPL-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/epl-v10": "EPL-1.0",
    "eclipse.org/org/documents/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/epl-2.0/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/edl-v10": "BSD-3-Clause",
    "mozilla.org/mpl/2.0": "MPL-2.0",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
    "unlicense.org": "Unlicense",
    "boost.org/license_1_0": "BSL-1.0",
    "gnu.org/software/classpath/license": "GPL-2.0-or-later WITH Classpath-exception-2.0",
}
"""Without the scheme, ``www.``, the ending and a slash at the end; in lower case."""
