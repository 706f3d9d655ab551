"""keten.toml: what it says, and what it refuses."""

from datetime import date

import pytest

from keten.config import Config, Waiver, parse
from keten.errors import UsageError


def test_nothing_said_is_the_default() -> None:
    assert parse(b"") == Config()


def test_all_of_it() -> None:
    config = parse(
        b"""
        [gate]
        fail-on = "medium"
        unknown = "never"
        links = {secrets = "low"}

        [checks]
        disable = ["image/*"]
        severity = {"source/unsigned-commits" = "info"}

        [paths]
        exclude = ["testdata/*"]

        [source]
        allowed-signers = "signers"
        window = 10

        [advisories]
        max-age-days = 30

        [rank]
        exploited = 7

        [[waiver]]
        check = "deployment/*"
        path = "deploy/agent.yaml"
        reason = "needs the host"
        owner = "platform"
        until = 2027-01-31
        """
    )

    assert config.gate.fail_on == "medium"
    assert config.gate.links == {"secrets": "low"}
    assert config.source.window == 10
    assert config.advisories.max_age_days == 30
    assert config.rank.exploited == 7
    assert config.waiver == (
        Waiver(
            check="deployment/*",
            path="deploy/agent.yaml",
            reason="needs the host",
            owner="platform",
            until=date(2027, 1, 31),
        ),
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[gates]", "unknown key 'gates'; did you mean 'gate'?"),
        ("[gate]\nfail_on = 'high'", "unknown key 'gate.fail_on'; did you mean 'fail-on'?"),
        ("[gate]\nfail-on = 'hihg'", "'hihg' is no severity; did you mean 'high'?"),
        ("[gate.links]\nsecret = 'low'", "no link 'secret'; did you mean 'secrets'?"),
        ("[source]\nwindow = 'all'", "Expected `int`"),
        ("[[waiver]]\ncheck = 'a'\nreason = 'r'\nowner = 'o'", "until"),
        (
            "[[waiver]]\ncheck = 'a'\nreason = ' '\nowner = 'o'\nuntil = 2027-01-01",
            "waiver 1: reason and owner must say something",
        ),
        (
            "[[waiver]]\nreason = 'r'\nowner = 'o'\nuntil = 2027-01-01",
            "waiver 1: name a check, subject, path or fingerprint",
        ),
        (
            "[[waiver]]\nchek = 'a'\nreason = 'r'\nowner = 'o'\nuntil = 2027-01-01",
            "unknown key 'waiver.chek'; did you mean 'check'?",
        ),
        ("waiver = 3", "Expected `array`"),
        ("[gate", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, error: str) -> None:
    with pytest.raises(UsageError, match=r"keten\.toml: ") as raised:
        parse(text.encode())

    assert error in str(raised.value)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(UsageError, match="not TOML"):
        parse(b"\xff\xfe")
