"""Classifiers of languages' runtimes, compilers and shells.

Where a version stands in each is a fact about the program, found by looking at it.
"""

from keten.readers.system._classifier import Classifier, Sign

_V3 = rb"(\d{1,3}\.\d{1,3}\.\d{1,3})"
_PYTHON = rb"\0([23]\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?(?=\0)"
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
        ("python*", "libpython*.so", "libpython*.so.*", "libpython*m.so.*"),
        (Sign(b"\x003.", _PYTHON), Sign(b"\x002.7.", _PYTHON)),
        prefix=r"(?:lib)?python(\d\.\d{1,2})",
    ),
    Classifier(
        "pypy", "pypy",
        ("pypy", "pypy*", "libpypy-c.so", "libpypy*-c.so"),
        (Sign(b"[PyPy ", rb"\[PyPy " + _V3),),
    ),
    Classifier("node", "node", ("node", "nodejs", "libnode.so.*"), _NODE),
    Classifier("deno", "deno", ("deno",), (Sign(b"Deno/", rb"(?<!-)Deno/" + _V3),)),
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
    Classifier("ruby", "ruby", ("ruby", "ruby*", "libruby.so.*", "libruby-*.so.*"), _RUBY),
    Classifier("perl", "perl", ("perl", "perl*", "libperl.so", "libperl.so.*"), _PERL),
    Classifier("php", "php", ("php", "php*", "php-cgi", "php-cgi*"), _PHP),
    Classifier("php-fpm", "php", ("php-fpm", "php-fpm*"), _PHP),
    Classifier("libphp", "php", ("libphp.so", "libphp*.so"), _PHP),
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
    Classifier("julia", "julia", ("libjulia-internal.so", "libjulia-internal.so.*"),
               (Sign(b"\0verify", rb"\0" + _V3 + rb"\0verify"),)),
    Classifier("rust", "rust", ("rustc",), _RUST),
    Classifier(
        "dart", "dart", ("dart",),
        (Sign(b" (stable) (", rb"[^0-9.]" + _V3 + rb" \(stable\) \([A-Z][a-z]{2} [A-Z][a-z]{2} "),),
    ),
    Classifier(
        "ghc", "ghc", ("ghc", "ghc-*"),
        (Sign(b"/libHSghc-", rb"/libHSghc-" + _V3 + rb"-ghc"),
         Sign(b"\0libHSghc-", rb"\0libHSghc-" + _V3 + rb"-ghc"),
         Sign(b"\0GHC ", rb"\0GHC " + _V3 + rb"\0")),
    ),
    Classifier("cabal", "cabal", ("cabal",),
               (Sign(b"cabal-install-", rb"cabal-install-(\d{1,3}(?:\.\d{1,3}){2,3})[-/\0]"),)),
    Classifier("stack", "stack", ("stack",),
               (Sign(b"\0stack-", rb"\0stack-" + _V3 + rb"-[0-9A-Za-z]{10,30}"),)),
    Classifier("gcc", "gcc", ("gcc",), (Sign(b"GCC: (GNU) ", rb"GCC: \(GNU\) " + _V3),)),
    Classifier("lua", "lua", ("lua", "lua*"),
               (Sign(b"$LuaVersion: ", rb"\$LuaVersion: Lua (5\.\d\.\d{1,2}) "),)),
    Classifier("bash", "bash", ("bash",),
               (Sign(b"@(#)Bash version ", rb"@\(#\)Bash version " + _V3 + rb"\("),)),
    Classifier("busybox", "busybox", ("busybox", "["),
               (Sign(b"BusyBox v", rb"BusyBox v" + _V3),), rather="busybox"),
)  # fmt: skip
