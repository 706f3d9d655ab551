# ruff: noqa: E501, PLR2004 a pattern stays on one line
"""Hosting and smaller clouds: from the vendors' pages on keys and tokens."""

from keten.model.finding import Severity
from keten.model.plug import Match
from keten.secrets.forms import ALNUM, HEX, UUID, named, token

AWS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"
AZURE = "https://learn.microsoft.com/en-us/purview/sit-defn-azure-storage-account-key"
STORAGE = (
    "https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string"
)
DO = "https://docs.digitalocean.com/reference/api/create-personal-access-token/"
_AWS_ID = "(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)"


def _google(value: bytes) -> Match | None:
    """Judge a Google API key by its mix; many are public by design (maps, Firebase)."""
    return Match(80, "prefix and length fit") if len(set(value)) > 14 else None


DETECTORS = (
    token(
        "digitalocean-token",
        "DigitalOcean token",
        rf"do[opr]_v1_{HEX}{{64}}",
        DO,
        heads=(r"do[opr]_v1_[0-9a-f]",),
        entropy=3.0,
    ),
    token("digitalocean-spaces", "DigitalOcean Spaces key", r"DO00[A-Z0-9]{16}", DO),
    named(
        "linode-token",
        "Linode token",
        "linode",
        f"{HEX}{{64}}",
        "https://techdocs.akamai.com/linode-api",
    ),
    named(
        "hetzner-token",
        "Hetzner Cloud token",
        "hcloud|hetzner",
        f"{ALNUM}{{64}}",
        "https://docs.hetzner.cloud/",
    ),
    token(
        "scaleway-key",
        "Scaleway access key",
        r"SCW[A-Z0-9]{17}",
        "https://www.scaleway.com/en/docs/identity-and-access-management/",
        severity=Severity.MEDIUM,
    ),
    named(
        "scaleway-secret",
        "Scaleway secret key",
        "scw|scaleway",
        UUID,
        "https://www.scaleway.com/en/docs/",
    ),
    named(
        "ovh-secret",
        "OVHcloud application secret or consumer key",
        "ovh",
        f"{ALNUM}{{32}}",
        "https://help.ovhcloud.com/",
        entropy=3.4,
    ),
    named("vultr-key", "Vultr API key", "vultr", "[A-Z0-9]{36}", "https://www.vultr.com/api/"),
    named(
        "exoscale-key",
        "Exoscale API key",
        "exoscale",
        r"EXO[0-9a-f]{24}|[A-Za-z0-9_-]{43}",
        "https://community.exoscale.com/",
    ),
    token(
        "exoscale-id",
        "Exoscale API key id",
        r"EXO[0-9a-f]{24}",
        "https://community.exoscale.com/",
        severity=Severity.MEDIUM,
    ),
    token(
        "yandex-key",
        "Yandex Cloud API key",
        r"AQVN[A-Za-z0-9_-]{35,38}",
        "https://yandex.cloud/en/docs/iam/concepts/authorization/api-key",
    ),
    token(
        "yandex-iam",
        "Yandex Cloud IAM token",
        r"t1\.[A-Z0-9a-z_-]{40,}={0,2}\.[A-Z0-9a-z_-]{86}={0,2}",
        "https://yandex.cloud/en/docs/iam/concepts/authorization/iam-token",
        heads=(r"\bt1\.[A-Za-z0-9_-]{8}",),
        reach=1200,
    ),
    token(
        "yandex-s3",
        "Yandex Cloud static key",
        r"YC[AM][a-zA-Z0-9_-]{37}",
        "https://yandex.cloud/en/docs/iam/concepts/authorization/access-key",
        entropy=4.2,
        heads=("YC[AM][a-zA-Z0-9_-]{24}",),
    ),
    token(
        "cloudflare-ca-key",
        "Cloudflare origin CA key",
        rf"v1\.0-{HEX}{{24}}-{HEX}{{146}}",
        "https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/",
        heads=(r"v1\.0-[0-9a-f]{4}",),
    ),
    token(
        "cloudflare-token",
        "Cloudflare API token",
        r"cf(?:ut|at|k)_[A-Za-z0-9]{40}[0-9a-f]{8}",
        "https://developers.cloudflare.com/fundamentals/api/",
        heads=("cf[ua]t_[A-Za-z0-9]{4}", "cfk_[A-Za-z0-9]{4}"),
    ),
    named(
        "cloudflare-api-token",
        "Cloudflare API token or key",
        r"cloudflare|\bcf_(?:api|auth)|x-auth-key",
        r"[A-Za-z0-9_-]{40}|[0-9a-f]{37}",
        "https://developers.cloudflare.com/fundamentals/api/",
        entropy=3.3,
    ),
    token(
        "heroku-key",
        "Heroku API key",
        r"HRKU-[A-Za-z0-9_-]{36,64}",
        "https://devcenter.heroku.com/articles/authentication",
    ),
    named(
        "heroku-api-key",
        "Heroku API key",
        r"heroku.{0,30}(?:key|token|secret|auth|pass)",
        UUID,
        "https://devcenter.heroku.com/articles/authentication",
    ),
    token(
        "fly-token",
        "Fly.io token",
        r"fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/]{100,}={0,3}",
        "https://fly.io/docs/security/tokens/",
        heads=("fo1_[A-Za-z0-9]{4}", "fm[12][ar_][A-Za-z0-9+/_]{4}"),
        reach=2000,
    ),
    token("render-key", "Render API key", rf"rnd_{ALNUM}{{28,32}}", "https://render.com/docs/api"),
    token(
        "vercel-token",
        "Vercel token",
        r"vc[pirak]_[A-Za-z0-9_-]{20,60}",
        "https://vercel.com/docs/rest-api",
        entropy=3.5,
    ),
    token(
        "vercel-blob",
        "Vercel Blob token",
        r"vercel_blob_rw_[A-Za-z0-9]{16}_[A-Za-z0-9]{30}",
        "https://vercel.com/docs/vercel-blob",
    ),
    named(
        "vercel-old",
        "Vercel token",
        r"vercel.{0,20}token|zeit",
        f"{ALNUM}{{24}}",
        "https://vercel.com/docs/rest-api",
        entropy=3.4,
    ),
    token(
        "netlify-token",
        "Netlify token",
        r"nf[pcuo]_[A-Za-z0-9_]{36}",
        "https://docs.netlify.com/api/get-started/",
        heads=("nf[pcuo]_[A-Za-z0-9_]{24}",),
    ),
    named(
        "netlify-old",
        "Netlify token",
        "netlify",
        r"[A-Za-z0-9_-]{43,45}|[0-9a-f]{64}",
        "https://docs.netlify.com/api/get-started/",
        entropy=3.5,
    ),
    token(
        "supabase-token",
        "Supabase token",
        r"sbp_(?:v0_)?[0-9a-f]{40}",
        "https://supabase.com/docs/reference/api",
    ),
    token(
        "supabase-secret",
        "Supabase secret key",
        r"sb_secret_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}",
        "https://supabase.com/docs/guides/api/api-keys",
        severity=Severity.CRITICAL,
    ),
    token(
        "planetscale",
        "PlanetScale credential",
        r"pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64}",
        "https://planetscale.com/docs/concepts/service-tokens",
    ),
    token(
        "neon-key", "Neon API key", r"napi_[a-z0-9]{64}", "https://neon.tech/docs/manage/api-keys"
    ),
    token(
        "neon-password",
        "Neon database password",
        rf"npg_{ALNUM}{{12,16}}",
        "https://neon.tech/docs",
    ),
    token(
        "turso-token",
        "Upstash or Turso token",
        r"AX[A-Za-z0-9_-]{2}ASQg[A-Za-z0-9+/=_-]{40,}",
        "https://upstash.com/docs",
        heads=("ASQg[A-Za-z0-9+/=_-]{4}",),
        back=4,
    ),
    token(
        "aiven-token", "Aiven service password", r"AVNS_[A-Za-z0-9_-]{19}", "https://aiven.io/docs"
    ),
    token(
        "deno-token", "Deno Deploy token", rf"dd[pw]_{ALNUM}{{36}}", "https://docs.deno.com/deploy/"
    ),
    named(
        "railway-token",
        "Railway token",
        "railway",
        UUID,
        "https://docs.railway.com/reference/public-api",
    ),
    token(
        "oracle-ocid",
        "Oracle Cloud identifier",
        r"ocid1\.(?:user|tenancy)\.oc1\.[a-z0-9.-]{0,20}\.[a-z0-9]{60}",
        severity=Severity.INFO,
        kind="identifier",
        heads=(r"ocid1\.[ut][se][en][ra]",),
    ),
    token(
        "aws-account-id",
        "AWS account id",
        r"(?i:aws_?-?account_?-?(?:id|number)?|account_?id)[\"']?[ \t]{0,8}[=:][ \t]{0,8}[\"']?(?P<secret>[0-9]{12})",
        severity=Severity.INFO,
        kind="identifier",
        heads=("(?i:aws_account)", "(?i:awsaccount)", "(?i:aws-account)", "(?i:account_id)"),
    ),
    token(
        "aws-arn",
        "AWS resource name",
        r"arn:aws(?:-[a-z-]{2,10})?:[a-z0-9-]{2,40}:[a-z0-9-]{0,30}:(?:[0-9]{12})?:[\w/.:${}*-]{1,200}",
        severity=Severity.INFO,
        kind="identifier",
        heads=("arn:aws[:-]",),
    ),
    token(
        "aws-bucket",
        "Amazon S3 bucket",
        r"(?P<secret>[a-z0-9.-]{3,63}\.s3(?:[.-][a-z]{2}-[a-z]+-[0-9])?\.amazonaws\.com)(?:[^\w/.-]|$)|(?:^|[^.\w])(?:s3(?:[.-][a-z]{2}-[a-z]+-[0-9])?\.amazonaws\.com/[a-z0-9.-]{3,63})",
        severity=Severity.INFO,
        kind="identifier",
        heads=(r"s3\.amazonaws\.com", r"s3[.-][a-z]{2}-[a-z]{3}"),
        back=64,
    ),
    token(
        "google-bucket",
        "Google Cloud Storage bucket",
        r"(?P<secret>[a-z0-9._-]{1,63}\.storage\.googleapis\.com)(?:[^\w/.-]|$)|//storage\.googleapis\.com/[a-z0-9._-]{3,63}",
        severity=Severity.INFO,
        kind="identifier",
        heads=(r"storage\.googleapis\.com",),
        back=64,
    ),
)
