"""Classifiers of languages' runtimes, compilers and shells.

Where a version stands in each is a fact about the program, found by looking at it.
"""

from keten.readers.system._classifier import Classifier, Sign

_V3 = rb"(\d{1,3}\.\d{1,3}\.\d{1,3})"
_PYTHON = rb"\0([23]\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?(?=\0)"
_PYTHONS = tuple(f"{n}" for n in ("2.7", *(f"3.{minor}" for minor in range(5, 20))))
_RUBIES = tuple(f"{major}.{minor}.{patch}" for major, last in ((2, 7), (3, 5), (4, 2))
                for minor in range(last + 1) for patch in range(12))  # fmt: skip
_PERLS = tuple(f"5.{minor}.{patch}" for minor in range(20, 50, 2) for patch in range(6))
_PHPS = tuple(f"{n}" for n in ("5.6", *(f"7.{i}" for i in range(5)), *(f"8.{i}" for i in range(8))))
_PHP = (Sign(b"X-Powered-By: PHP/", rb"X-Powered-By: PHP/" + _V3),)
_RUBY = (Sign(b" revision ", rb"\0ruby " + _V3 + rb"[a-z0-9]{0,10} \(\d{4}-"),
         Sign(b"\0ruby ", rb"\0ruby " + _V3))  # fmt: skip
_RUST = (Sign(b"rustc version ", rb"rustc version " + _V3 + rb" \("),)
_PERL = (Sign(b"\0v5.", rb"\0v(5\.\d{1,2}\.\d{1,2})(?=\0)", alone=True),)
_NODE = (
    Sign(b"node.js/v", rb"node\.js/v" + _V3),
    Sign(b"/download/release/v", rb"/v" + _V3 + b"/node-v"),
)

RUNTIMES = (
    Classifier(
        "python", "python",
        tuple(f"python{n}" for n in _PYTHONS)
        + tuple(f"libpython{n}{end}" for n in _PYTHONS for end in (".so.1.0", "m.so.1.0", ".so")),
        (Sign(b"\x003.", _PYTHON), Sign(b"\x002.7.", _PYTHON)),
        prefix=r"(?:lib)?python(\d\.\d{1,2})",
    ),
    Classifier(
        "pypy", "pypy",
        ("pypy", "pypy3", "libpypy-c.so", "libpypy3-c.so",
         *(f"{a}{n}{b}" for a, b in (("pypy", ""), ("libpypy", "-c.so")) for n in _PYTHONS)),
        (Sign(b"[PyPy ", rb"\[PyPy " + _V3),),
    ),
    Classifier("node", "node",
               ("node", "nodejs", *(f"libnode.so.{n}" for n in range(64, 150))), _NODE),
    Classifier("deno", "deno", ("deno",), (Sign(b"Deno/", rb"Deno/" + _V3),)),
    Classifier("bun", "bun", ("bun",),
               (Sign(b"Bun/", rb"Bun/" + _V3), Sign(b"Bun v", rb"Bun v" + _V3))),
    Classifier(
        "go", "go", ("VERSION",),
        (Sign(b"go1", rb"\A(?:go)(1(?:\.\d{1,3}){1,2}(?:(?:rc|beta)\d{1,2})?)(?:\s|\Z)"),),
        path=r"(?:^|/)go(?:-?[0-9.]+)?/VERSION$", text=True,
    ),
    Classifier(
        "openjdk", "openjdk", ("release",),
        (Sign(b'JAVA_VERSION="', rb'JAVA_VERSION="([0-9][0-9A-Za-z._+-]{0,60})"'),), text=True,
    ),
    Classifier(
        "ruby", "ruby",
        ("ruby", *(f"ruby{a}.{b}" for a in (2, 3, 4) for b in range(8)),
         *(f"libruby.so.{n}" for n in _RUBIES),
         *(f"libruby-{n.rpartition('.')[0]}.so.{n}" for n in _RUBIES)),
        _RUBY,
    ),
    Classifier(
        "perl", "perl",
        ("perl", *(f"perl{n}" for n in _PERLS), *(f"libperl.so.{n}" for n in _PERLS), "libperl.so"),
        _PERL,
    ),
    Classifier("php", "php", ("php", "php-cgi", *(f"php{n}" for n in _PHPS),
                              *(f"php-cgi{n}" for n in _PHPS)), _PHP),
    Classifier("php-fpm", "php", ("php-fpm", *(f"php-fpm{n}" for n in _PHPS)), _PHP),
    Classifier("libphp", "php", ("libphp.so", "libphp5.so", "libphp7.so",
                                 *(f"libphp{n}.so" for n in _PHPS)), _PHP),
    Classifier(
        "erlang", "erlang", ("OTP_VERSION",),
        (Sign(b".", rb"\A(\d{1,3}(?:\.\d{1,3}){1,5}(?:-rc\d{1,2})?)\s*\Z"),),
        path=r"(?:^|/)releases/\d+/OTP_VERSION$", text=True,
    ),
    Classifier(
        "elixir", "elixir", ("elixir.app",),
        (Sign(b"{vsn,", rb'\{vsn,\s*"(\d{1,3}(?:\.\d{1,3}){1,2}(?:-[0-9A-Za-z.]{1,20})?)"\}'),),
        path=r"(?:^|/)elixir/ebin/elixir\.app$", text=True,
    ),
    Classifier("julia", "julia", ("libjulia-internal.so", *(f"libjulia-internal.so.{n}" for n in
               ("1", *(f"1.{minor}.{patch}" for minor in range(6, 16) for patch in range(15))))),
               (Sign(b"\0verify", rb"\0" + _V3 + rb"\0verify"),)),
    Classifier("rust", "rust", ("rustc",), _RUST),
    Classifier(
        "dart", "dart", ("dart",),
        (Sign(b" (stable) (", rb"[^0-9.]" + _V3 + rb" \(stable\) \([A-Z][a-z]{2} [A-Z][a-z]{2} "),),
    ),
    Classifier(
        "ghc", "ghc",
        ("ghc", *(f"ghc-{a}.{b}.{c}" for a in (8, 9) for b in range(0, 15, 2) for c in range(9))),
        (Sign(b"/libHSghc-", rb"/libHSghc-" + _V3 + rb"-ghc"),
         Sign(b"\0libHSghc-", rb"\0libHSghc-" + _V3 + rb"-ghc"),
         Sign(b"\0GHC ", rb"\0GHC " + _V3 + rb"\0")),
    ),
    Classifier("cabal", "cabal", ("cabal",),
               (Sign(b"cabal-install-", rb"cabal-install-(\d{1,3}(?:\.\d{1,3}){2,3})[-/\0]"),)),
    Classifier("stack", "stack", ("stack",),
               (Sign(b"\0stack-", rb"\0stack-" + _V3 + rb"-[0-9A-Za-z]{10,30}"),)),
    Classifier("gcc", "gcc", ("gcc",), (Sign(b"GCC: (GNU) ", rb"GCC: \(GNU\) " + _V3),)),
    Classifier("lua", "lua", ("lua", *(f"lua5.{n}" for n in range(1, 6))),
               (Sign(b"$LuaVersion: ", rb"\$LuaVersion: Lua (5\.\d\.\d{1,2}) "),)),
    Classifier("bash", "bash", ("bash",),
               (Sign(b"@(#)Bash version ", rb"@\(#\)Bash version " + _V3 + rb"\("),)),
    Classifier("busybox", "busybox", ("busybox", "["),
               (Sign(b"BusyBox v", rb"BusyBox v" + _V3),), rather="busybox"),
)  # fmt: skip
