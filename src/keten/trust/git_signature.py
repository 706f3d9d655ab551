"""What the signature of one commit or tag proves: by whom, and why not where it proves nothing.

git accepts any allowed signer for any commit. Here a signature is proof only when the signer
may sign as the one whom the object itself names (its committer or tagger).
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from keten.errors import InputError, TrustError

if TYPE_CHECKING:  # most checkouts hold no signature: what judges one is imported on use
    from keten.trust.allowed_signers import AllowedSigners
    from keten.trust.openpgp import Keyring


class Trusted(Struct, frozen=True):
    """Whom the user trusts to sign: parsed, or None where nothing was given."""

    allowed: "AllowedSigners | None" = None
    keyring: "Keyring | None" = None


class Signers(Struct, frozen=True):
    """Whom the user trusts to sign, as bytes: an allowed-signers file, exported OpenPGP keys.

    They come from the user's own configuration, never from the repository that is judged.
    """

    allowed_signers: bytes | None = None
    keyring: bytes | None = None


def trusted(signers: Signers) -> tuple[Trusted, tuple[str, ...]]:
    """Parse *signers*; also return what of them could not be read, each a sentence."""
    faults: list[str] = []
    allowed = ring = None
    if signers.allowed_signers is not None:
        from keten.trust import allowed_signers

        try:
            allowed = allowed_signers.parse(signers.allowed_signers)
            faults += [f"allowed signers, line {n}: {what}" for n, what in allowed.faults]
        except InputError as error:
            faults.append(error.what)
    if signers.keyring is not None:
        from keten.trust import openpgp

        try:
            ring = openpgp.keyring(signers.keyring)
        except InputError as error:
            faults.append(error.what)
    return Trusted(allowed, ring), tuple(faults)


class Judgement(Struct, frozen=True):
    """What was found. *held* None: it can not be judged; *fault* says what is wrong where False.

    *signer* is the fingerprint of the key, "" when not known; *principals* whom it may sign
    as; *doubt* why a signature that is not wrong is no proof. Proof is ``held`` and no doubt.
    """

    held: bool | None
    signer: str = ""
    principals: tuple[str, ...] = ()
    fault: str = ""
    doubt: str = ""


def judge(  # what a git object says of its own signing
    kind: str, armored: bytes, payload: bytes, *, email: str, when: int, trusted: Trusted
) -> Judgement:
    """Judge a signature of *kind* over *payload*, the exact bytes that were signed.

    *email* is the committer's or tagger's, *when* their time in seconds since 1970.
    """
    if kind == "ssh":
        return _ssh(armored, payload, email=email, when=when, trusted=trusted)
    if kind == "openpgp":
        return _openpgp(armored, payload, email=email, trusted=trusted)
    what = "X.509 signatures" if kind == "x509" else "signatures of this format"
    return Judgement(None, doubt=f"{what} can not be judged yet")


def _ssh(armored: bytes, payload: bytes, *, email: str, when: int, trusted: Trusted) -> Judgement:
    from keten.trust import allowed_signers, ssh_signature

    signer = ""
    try:
        signature = ssh_signature.parse(armored)
        signer = ssh_signature.fingerprint(signature.key)
        ssh_signature.verify(signature, payload)
    except TrustError as error:
        unjudged = "can not be judged" in error.what
        if unjudged:
            return Judgement(None, signer, doubt=error.what)
        return Judgement(held=False, signer=signer, fault=error.what)
    if trusted.allowed is None:
        return Judgement(held=True, signer=signer, doubt="no allowed signers were given")
    try:
        principals = allowed_signers.allow(trusted.allowed, signature.key, when=when)
    except TrustError as error:
        return Judgement(held=True, signer=signer, doubt=error.what)
    if not any(allowed_signers.matches(email, patterns) for patterns in principals):
        return Judgement(held=True, signer=signer, principals=principals, doubt=_other(email))
    return Judgement(held=True, signer=signer, principals=principals)


def _openpgp(armored: bytes, payload: bytes, *, email: str, trusted: Trusted) -> Judgement:
    from keten.trust import openpgp

    if trusted.keyring is None:
        return Judgement(None, doubt="no keyring was given")
    try:
        held = openpgp.verify(armored, payload, trusted.keyring)
    except openpgp.UnknownKeyError as error:
        return Judgement(None, doubt=error.what)
    except TrustError as error:
        if "judged" in error.what:
            return Judgement(None, doubt=error.what)
        return Judgement(held=False, fault=error.what)
    doubt = held.doubt
    if not doubt and email.casefold() not in {e.casefold() for e in held.emails}:
        doubt = _other(email)
    return Judgement(held=True, signer=held.fingerprint, principals=held.emails, doubt=doubt)


OTHER = "the key is not one of "


def _other(email: str) -> str:
    return f"{OTHER}{email[:100]}"
