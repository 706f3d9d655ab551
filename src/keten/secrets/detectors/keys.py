"""Private keys, signed tokens and password hashes."""

from keten.model.finding import Severity
from keten.secrets import judges
from keten.secrets.forms import token
from keten.secrets.pem import private_key, wrapped

CRYPT = "https://man.archlinux.org/man/crypt.5"
PEM = "https://www.rfc-editor.org/rfc/rfc7468"

DETECTORS = (
    token("private-key", "Private key", r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-[^-])*", PEM, judge=private_key, heads=("-----BEGIN [A-Z]{3}",), kind="key", reach=20000),
    token("private-key-base64", "Private key in base64", r"LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{80,}", PEM, judge=wrapped, heads=("LS0tLS1CRUdJTi",), kind="key", reach=16000),
    token("putty-key", "PuTTY private key", r"PuTTY-User-Key-File-[23]: [\s\S]{20,900}?Private-Lines: [0-9]{1,4}\s{1,4}(?P<secret>[A-Za-z0-9+/=]{40,70})", "https://the.earth.li/~sgtatham/putty/0.83/htmldoc/AppendixC.html", heads=("PuTTY-User-Key-File-",), kind="key", reach=4000),
    token("jwk-private", "Private JSON Web Key", r"\"d\"\s{0,4}:\s{0,4}\"(?P<secret>[A-Za-z0-9_-]{40,700})\"", "https://www.rfc-editor.org/rfc/rfc7517", heads=(r'"d"[ :]',), entropy=4.2, kind="key", reach=800),
    token("jwt", "JSON Web Token", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}", "https://www.rfc-editor.org/rfc/rfc7519", judge=judges.jwt, heads=("eyJ[A-Za-z0-9_-]{8}",), reach=6000, severity=Severity.MEDIUM),
    token("bcrypt", "Password hash (bcrypt)", r"\$2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}", CRYPT, severity=Severity.MEDIUM, kind="hash", heads=(r"\$2[abxy]\$[0-9]{2}\$",), entropy=3.5),
    token("md5crypt", "Password hash (md5crypt)", r"\$(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}", CRYPT, severity=Severity.MEDIUM, kind="hash", heads=(r"\$1\$[./A-Za-z0-9]", r"\$apr1\$")),
    token("sha256crypt", "Password hash (sha256crypt)", r"\$5\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}", CRYPT, severity=Severity.MEDIUM, kind="hash", heads=(r"\$5\$[./A-Za-z0-9]",)),
    token("sha512crypt", "Password hash (sha512crypt)", r"\$6\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}", CRYPT, severity=Severity.MEDIUM, kind="hash", heads=(r"\$6\$[./A-Za-z0-9]",)),
    token("yescrypt", "Password hash (yescrypt)", r"\$y\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}", CRYPT, severity=Severity.MEDIUM, kind="hash", heads=(r"\$y\$[./A-Za-z0-9]",)),
    token("argon2", "Password hash (Argon2)", r"\$argon2(?:id|i|d)\$v=[0-9]{1,3}\$m=[0-9]{1,9},t=[0-9]{1,6},p=[0-9]{1,3}\$[A-Za-z0-9+/]{8,90}\$[A-Za-z0-9+/]{16,120}", "https://www.rfc-editor.org/rfc/rfc9106", severity=Severity.MEDIUM, kind="hash", heads=(r"\$argon2[id]",)),
    token("cisco8", "Password hash (Cisco type 8 or 9)", r"\$[89]\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}", "https://media.defense.gov/2022/Feb/17/2002940795/-1/-1/0/CSI_CISCO_PASSWORD_TYPES_BEST_PRACTICES_20220217.PDF", severity=Severity.MEDIUM, kind="hash", heads=(r"\$[89]\$[./A-Za-z0-9]{14}\$",)),
    token("krb5", "Kerberos hash (AS-REP or TGS)", r"\$krb5(?:asrep|tgs|pa)\$(?:[0-9]{1,2}\$)?[^\s:$]{1,120}[:$][^\s]{32,}", "https://www.rfc-editor.org/rfc/rfc4757", severity=Severity.MEDIUM, kind="hash", heads=(r"\$krb5[apt]",), reach=6000),
    token("netntlm", "NetNTLM hash", r"[\w.-]{1,40}::[\w.-]{1,40}:[0-9a-fA-F]{16,48}:[0-9a-fA-F]{32,48}:[0-9a-fA-F]{16,900}", "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp/", severity=Severity.MEDIUM, kind="hash", heads=("::[A-Za-z0-9_.-]:", "::[A-Za-z0-9_.-]{4}",), back=40, reach=1200),
    token("ldap-hash", "Password hash (LDAP)", r"\{(?:SSHA(?:256|512)?|SMD5|PBKDF2-SHA(?:1|256|512))\}[A-Za-z0-9+/$.]{28,200}={0,2}", "https://www.rfc-editor.org/rfc/rfc2307", severity=Severity.MEDIUM, kind="hash", heads=(r"\{SSHA", r"\{SMD5\}", r"\{PBKDF2-SHA")),
    token("django-hash", "Password hash (PBKDF2, Django)", r"pbkdf2_sha(?:256|1)\$[0-9]{4,8}\$[A-Za-z0-9]{8,32}\$[A-Za-z0-9+/]{27,44}=?", "https://docs.djangoproject.com/en/5.1/topics/auth/passwords/", severity=Severity.MEDIUM, kind="hash"),
    token("phpass", "Password hash (phpass)", r"\$[PH]\$[./A-Za-z0-9]{31}", "https://www.openwall.com/phpass/", severity=Severity.MEDIUM, kind="hash", heads=(r"\$[PH]\$[5-9A-Z][./A-Za-z0-9]{6}",)),
    token("mysql-hash", "Password hash (MySQL)", r"\*[0-9A-F]{40}", "https://dev.mysql.com/doc/refman/8.4/en/encryption-functions.html", severity=Severity.LOW, kind="hash", heads=(r"\*[0-9A-F]{40}",)),
)
