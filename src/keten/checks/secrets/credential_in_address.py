"""Address holds a password.

An address with a user name and password in it opens the database, queue or registry for whoever
reads it, and addresses are written to logs and error messages that the file's owner never sees.

Addresses of the same machine weigh less, words that documentation uses (``user:secret``) are not
reported.
"""

from keten.checks.secrets import _told
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Credential
from keten.model.finding import Severity

CHECK = Check(
    title="Address holds a password",
    subject=Credential,
    severity=Severity.HIGH,
    needs=("content",),
    fix=(
        "Change the password and give the address to the program without it, or as a whole "
        "from a secret store."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=_told.CONTROLS,
    refs=("https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",),
    bad=Example(
        "app/settings.ini",
        "[database]\nurl = postgres" + "ql://app:Rt9wq2Lx@db.internal:5432/shop\n",
    ),
    good=Example("$", '$ psql "$(vault kv get -field=url kv/app/database)"\n'),
    applies=_told.of("url"),
    run=_told.run,
)
