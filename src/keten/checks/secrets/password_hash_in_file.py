"""Password hash is written in a file.

A hash is tried against lists of billions of known passwords at leisure. Short and common ones
fall within hours on one graphics card, even where the hash is a slow one such as bcrypt;
NetNTLM hashes are tried many thousand times faster.
"""

from keten.checks.secrets import _told
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Credential
from keten.model.finding import Severity

CHECK = Check(
    title="Password hash is written in a file",
    subject=Credential,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "Change the password, and keep its hash in a secret store that is mounted where it is "
        "needed."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=_told.CONTROLS,
    refs=("https://attack.mitre.org/techniques/T1110/002/",),
    bad=Example(
        "proxy/users", "admin:$2y" + "$12$atWJ1Nx6ep65tNx0YIJ4I.jzgI86znQbNRI3lF0qIt/XCYnEPxSc2\n"
    ),
    good=Example("$", "$ htpasswd -B -c /run/secrets/users admin\n"),
    applies=_told.of("hash"),
    run=_told.run,
)
