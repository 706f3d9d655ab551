"""Forges."""

from keten.model.finding import Severity
from keten.model.plug import Detector
from keten.secrets import judges
from keten.secrets.forms import ALNUM, HEX, named, token

GITHUB = "https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"
GITLAB = "https://docs.gitlab.com/security/tokens/#token-prefixes"
CRITICAL = Severity.CRITICAL
_ROUTABLE = r"[\w-]{27,300}\.[0-9a-z]{2}\.[0-9a-z]{9}"


def _gitlab(prefix: str, title: str) -> Detector:
    return token(
        f"gitlab-{prefix}",
        title,
        rf"{prefix}-(?:{_ROUTABLE}|[\w-]{{20,52}})",
        GITLAB,
        judge=judges.gitlab,
        heads=(rf"{prefix}-[\w-]{{4}}",),
        entropy=2.8,
    )


DETECTORS = (
    token(
        "github-pat",
        "GitHub personal access token",
        rf"ghp_{ALNUM}{{36}}",
        GITHUB,
        judge=judges.github,
        severity=CRITICAL,
    ),
    token(
        "github-oauth",
        "GitHub OAuth access token",
        rf"gho_{ALNUM}{{36}}",
        GITHUB,
        judge=judges.github,
        severity=CRITICAL,
    ),
    token(
        "github-user", "GitHub App user token", rf"ghu_{ALNUM}{{36}}", GITHUB, judge=judges.github
    ),
    token(
        "github-server",
        "GitHub App installation token",
        rf"ghs_{ALNUM}{{36}}",
        GITHUB,
        judge=judges.github,
    ),
    token(
        "github-refresh",
        "GitHub App refresh token",
        rf"ghr_{ALNUM}{{76}}|ghr_{ALNUM}{{36}}",
        GITHUB,
        judge=judges.github,
        heads=("ghr_[A-Za-z0-9]{4}",),
    ),
    token(
        "github-fine-grained",
        "GitHub fine-grained personal access token",
        rf"github_pat_{ALNUM}{{22}}_{ALNUM}{{59}}",
        GITHUB,
        severity=CRITICAL,
        entropy=3.5,
    ),
    named(
        "github-client-secret",
        "GitHub OAuth client secret",
        r"(?:github|gitalk|gh)[\w.\- \"'(){]{0,40}(?:secret|key|token|pass|pat\b)",
        f"{HEX}{{40}}",
        "https://docs.github.com/en/apps/oauth-apps",
        entropy=3.2,
    ),
    token(
        "github-client-id",
        "GitHub OAuth client id",
        r"(?i:github_?client_?id)[\"']?\s{0,4}[=:]\s{0,4}[\"']?(?P<secret>[0-9a-f]{20}|Iv1\.[0-9a-f]{16}|Ov23li[A-Za-z0-9]{14})",
        severity=Severity.INFO,
        kind="identifier",
        heads=("(?i:github_client_?id)", "(?i:githubclient_?id)"),
        back=20,
    ),
    _gitlab("glpat", "GitLab access token"),
    _gitlab("gldt", "GitLab deploy token"),
    _gitlab("glrt", "GitLab runner token"),
    _gitlab("glrtr", "GitLab runner registration token"),
    _gitlab("glcbt", "GitLab CI job token"),
    _gitlab("glptt", "GitLab pipeline trigger token"),
    _gitlab("glft", "GitLab feed token"),
    _gitlab("glimt", "GitLab incoming mail token"),
    _gitlab("glagent", "GitLab agent for Kubernetes token"),
    _gitlab("glsoat", "GitLab SCIM token"),
    _gitlab("gloas", "GitLab OAuth application secret"),
    _gitlab("glffct", "GitLab feature flags client token"),
    _gitlab("glwt", "GitLab workspace token"),
    token("gitlab-runner-old", "GitLab runner registration token", r"GR1348941[\w-]{20}", GITLAB),
    token(
        "gitlab-session",
        "GitLab session cookie",
        r"_gitlab_session=(?P<secret>[0-9a-z]{32})",
        GITLAB,
    ),
    token(
        "bitbucket-app-password",
        "Bitbucket app password",
        r"ATBB[A-Za-z0-9_=.-]{24}[A-F0-9]{8}|ATBB[A-Za-z0-9]{32}",
        "https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/",
        heads=("ATBB[A-Za-z0-9_=.-]{4}",),
    ),
    token(
        "bitbucket-token",
        "Bitbucket access token",
        r"ATCTT3xFfG[\w-]{50,250}=[0-9A-F]{8}",
        "https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/",
    ),
    token(
        "bitbucket-server",
        "Bitbucket Data Center token",
        r"BBDC-[A-Za-z0-9+/@_-]{40,50}",
        "https://confluence.atlassian.com/bitbucketserver/",
    ),
    named(
        "bitbucket-secret",
        "Bitbucket OAuth secret",
        r"bitbucket.{0,30}(?:secret|key|pass|token)",
        f"{ALNUM}{{32}}|{ALNUM}{{20}}",
        entropy=3.2,
    ),
    named(
        "gitea-token",
        "Gitea or Forgejo token",
        r"(?:gitea|forgejo|codeberg|gogs)",
        f"{HEX}{{40}}",
        "https://docs.gitea.com/development/api-usage",
    ),
    token(
        "sourcegraph",
        "Sourcegraph access token",
        rf"sgp_(?:(?:{HEX}{{16}}|local)_)?{HEX}{{40}}",
        "https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token",
        heads=(
            "sgp_[0-9a-f]{4}",
            "sgp_local_",
        ),
    ),
    token(
        "sourcegraph-gateway",
        "Sourcegraph product token",
        rf"sg[ds]_{HEX}{{64}}",
        "https://sourcegraph.com/docs",
    ),
)
