"""Token of a service is written in a file.

A token is a password without a user name: whoever reads the repository, a fork, a backup or an
image made of it can use it, from anywhere, until it is revoked. Attackers read public pushes
within minutes. In 2022 an intruder at Uber found the credentials of its password manager in a
script; in 2025 the Shai-Hulud worm searched every machine it reached for npm and GitHub tokens
and published with them.

Where the vendor puts a checksum or a decodable form into the token, it is checked offline, and
the message says so. The value itself is never shown or kept.
"""

from keten.checks.secrets import _told
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Credential
from keten.model.finding import Severity

CHECK = Check(
    title="Token of a service is written in a file",
    subject=Credential,
    severity=Severity.HIGH,
    needs=("content",),
    fix=(
        "Revoke the token at its service first, then issue a new one into a secret store and "
        "refer to that; taking it out of the file leaves it in history."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER, Threat.SUPPLY_CHAIN),
    controls=_told.CONTROLS,
    refs=(
        "https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-06-Insufficient-Credential-Hygiene",
    ),
    bad=Example(
        "deploy/bot.env",
        "SLACK_TOKEN=xo" + "xb-893582989554-899326518131-JRHeVv1o9CnT4fwDpuortR2D\n",
    ),
    good=Example("$", "$ vault kv get -field=token kv/chat/bot | deploy-bot\n"),
    applies=_told.of("token"),
    run=_told.run,
)
