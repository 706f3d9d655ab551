"""Password is written in a file.

Passwords in configuration, scripts and source are found by all who can read them, and people
use them again elsewhere. It is with passwords from files that many intrusions move on from the
first machine.

Without a vendor's form there is no proof, so this is reported with less weight, and only where a
literal is assigned to something that is named as a password, is no placeholder or variable, and
does not merely repeat its name.
"""

from keten.checks.secrets import _told
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Credential
from keten.model.finding import Severity

CHECK = Check(
    title="Password is written in a file",
    subject=Credential,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "Change the password, keep the new one in a secret store, and let the program read it "
        "from there or from its environment."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=_told.CONTROLS,
    refs=("https://cwe.mitre.org/data/definitions/798.html",),
    bad=Example("app/settings.ini", "[database]\nuser = app\npass" + "word = 8kd!Vw02xQ\n"),
    good=Example("$", '$ psql "$(vault kv get -field=url kv/app/database)"\n'),
    applies=_told.of("password"),
    run=_told.run,
)
