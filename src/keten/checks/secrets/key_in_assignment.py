"""Key or token of an unknown kind is written in a file.

Something is named as an API key, secret or token and is assigned a value that looks made at random.
No vendor's form proves what it opens; often it is real, as most services' keys carry no mark.

Hashes in lock files, identifiers, public keys, variables and placeholders are left out.
"""

from keten.checks.secrets import _told
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Credential
from keten.model.finding import Severity

CHECK = Check(
    title="Key or token of an unknown kind is written in a file",
    subject=Credential,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "Find out what it opens; if it is live, revoke it and read the new one from a secret store."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=_told.CONTROLS,
    refs=("https://cwe.mitre.org/data/definitions/798.html",),
    bad=Example("app/settings.ini", "[billing]\napi_" + "key = 951bc382db9abad29c68634761dd6e19\n"),
    good=Example("$", "$ vault kv get -field=key kv/billing | app --key-file=/dev/stdin\n"),
    applies=_told.of("generic"),
    run=_told.run,
)
