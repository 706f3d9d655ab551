"""Whether a variable's name says that it is a secret, and its value that it is a real one."""

from itertools import pairwise

_NAMES = frozenset(
    [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "PWD",
        "CREDENTIAL",
        "CREDENTIALS",
        "PRIVATEKEY",
    ]
)
_PAIRS = (("API", "KEY"), ("ACCESS", "KEY"), ("PRIVATE", "KEY"), ("SECRET", "KEY"),
          ("ENCRYPTION", "KEY"), ("SIGNING", "KEY"), ("AUTH", "KEY"))  # fmt: skip
_NOT = frozenset(
    [
        "FILE",
        "PATH",
        "NAME",
        "DIR",
        "URL",
        "URI",
        "ENDPOINT",
        "ID",
        "USER",
        "USERNAME",
        "TYPE",
        "TTL",
        "EXPIRY",
        "LENGTH",
        "ENABLED",
        "DISABLED",
        "HEADER",
        "FIELD",
        "REF",
        "VERSION",
        "HOST",
        "PORT",
        "REGION",
        "PREFIX",
        "ISSUER",
        "AUDIENCE",
        "ALGORITHM",
        "DURATION",
        "PUBLIC",
        "SCAN",
        "SCANNING",
        "DETECTION",
        "EXCLUDE",
        "EXCLUDED",
        "IMAGE",
        "MANAGER",
        "STORE",
        "PROVIDER",
        "COUNT",
        "LIMIT",
        "POLICY",
        "REQUIRED",
        "PERMISSIONS",
        "MOUNT",
        "MODE",
        "FORMAT",
    ]
)
_PLACEHOLDERS = frozenset(
    [
        "test",
        "testing",
        "tests",
        "password",
        "passwd",
        "pass",
        "secret",
        "token",
        "changeme",
        "change-me",
        "change_me",
        "example",
        "dummy",
        "fake",
        "foo",
        "bar",
        "foobar",
        "baz",
        "none",
        "null",
        "true",
        "false",
        "postgres",
        "mysql",
        "root",
        "admin",
        "mariadb",
        "redis",
        "guest",
        "rabbitmq",
        "minio",
        "minioadmin",
        "minio123",
        "default",
        "placeholder",
        "xxx",
        "todo",
        "ci",
        "travis",
        "user",
        "unused",
        "empty",
        "local",
        "localhost",
        "dev",
        "development",
        "not-used",
        "notused",
        "mock",
        "sample",
        "demo",
        "secret123",
        "password123",
        "password1",
        "test123",
        "123456",
        "12345",
        "1234",
        "123",
        "abc",
        "abc123",
    ]
)
_SHORT = 6
_LONG = 16
_VARIED = 10


def secret_name(name: str) -> bool:
    """Return whether *name* says that its value is a secret (``DB_PASSWORD``, ``API_KEY``)."""
    parts = _parts(name)
    if not parts or _NOT & set(parts):
        return False
    if parts[-1] in _NAMES or "".join(parts[-2:]) in _NAMES:
        return True
    pairs = set(pairwise(parts))
    return any(pair in pairs for pair in _PAIRS) and parts[-1] in ("KEY", "VALUE")


def holds_secret(name: str, value: str) -> bool:
    """Return whether *name* is a secret's and *value* literal, and no placeholder."""
    if not secret_name(name):
        return False
    text = value.strip().strip("\"'")
    low = text.lower()
    if len(text) < _SHORT or "$" in text or "{{" in text or text.startswith(("<", "[", "(", "@")):
        return False
    if low in _PLACEHOLDERS or low.startswith(("/", "./", "~", "http://", "https://", "file:",
                                               "vault:", "op://", "arn:", "secret/")):  # fmt: skip
        return False
    if any(word in low for word in ("example", "changeme", "change-me", "placeholder", "dummy",
                                    "your-", "your_", "xxxx", "****", "redacted", "not-a-",
                                    "notasecret", "fake", "insecure", "test")):  # fmt: skip
        return False
    return " " not in text and len(set(text)) > 3  # noqa: PLR2004 aaaa, 0000


def strong(value: str) -> bool:
    """Return whether a value looks made by a machine, not by a person for a test."""
    text = value.strip().strip("\"'")
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return len(text) >= _LONG and mixed and len(set(text)) >= _VARIED


def _parts(name: str) -> list[str]:
    return [part for part in name.upper().replace("-", "_").replace(".", "_").split("_") if part]
