"""Private key is written in a file.

Whoever has a private key is its owner as far as any machine can tell: they sign releases, serve
the TLS name, log in over SSH. A key in a repository is copied with every clone and stays in
history after its file is removed.

The body is decoded: an example that is too short is not reported, a key that is encrypted with
a passphrase weighs less, and so does one in a folder of test data.
"""

from keten.checks.secrets import _told
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Credential
from keten.model.finding import Severity

CHECK = Check(
    title="Private key is written in a file",
    subject=Credential,
    severity=Severity.HIGH,
    needs=("content",),
    fix=(
        "Take the key out of use: revoke its certificates and authorisations, make a new one "
        "where it is used, and keep it in a secret store."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER, Threat.SUPPLY_CHAIN),
    controls=_told.CONTROLS,
    refs=("https://www.rfc-editor.org/rfc/rfc7468",),
    bad=Example(
        "vpn/wg0.conf",
        "[Interface]\nAddress = 10.0.0.2/32\nPrivate"
        "Key = aHqk9o2ZVX4pTj7NwLrYc3sB8mFdGu1eKxRi5vQ0ZWc=\n",
    ),
    good=Example("$", "$ wg set wg0 private-key /run/secrets/wg0\n"),
    applies=_told.of("key"),
    run=_told.run,
)
