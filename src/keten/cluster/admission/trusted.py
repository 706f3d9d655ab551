"""By which certificates the API server knows a webhook, and when the last of them ends.

With a ``caBundle`` it takes no other: one of which every certificate has expired lets no webhook
be asked. Go's verification judges the dates of roots as it does those of leaves.
"""

from datetime import date
from typing import Any

MAX_BUNDLE = 1 << 20
"""Bytes of a bundle, as base64; more is not looked at."""


def ends(client: Any) -> date | None:
    """Return the last day of the longest certificate in the ``caBundle`` of a clientConfig.

    None where there is no bundle, or none that can be read.
    """
    said = client.get("caBundle") if isinstance(client, dict) else None
    if not isinstance(said, str) or not 0 < len(said) <= MAX_BUNDLE:
        return None
    from base64 import b64decode  # needed for clusters with webhooks alone

    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(b64decode(said))
        return max(one.not_valid_after_utc.date() for one in found)
    except ValueError:  # no base64, no PEM, no certificate in it, or one that is none
        return None
