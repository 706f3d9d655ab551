# ruff: noqa: E501 a pattern stays on one line
"""Networks, hosts and devices."""

from keten.model.finding import Severity
from keten.secrets import judges
from keten.secrets.forms import ALNUM, HEX, URL64, UUID, named, token

VAULT = "https://developer.hashicorp.com/vault/docs/concepts/tokens"
DOPPLER = "https://docs.doppler.com/docs/auth-token-formats"
CRITICAL = Severity.CRITICAL

DETECTORS = (
    token(
        "tailscale",
        "Tailscale key",
        r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{10,20}-[A-Za-z0-9]{20,40}|tskey-[A-Za-z0-9]{12,20}-[A-Za-z0-9]{20,40}",
        "https://tailscale.com/kb/1277/key-prefixes",
        heads=("tskey-",),
        severity=CRITICAL,
    ),
    token(
        "ngrok",
        "ngrok token",
        r"2[0-9A-Za-z]{26}_[0-9][A-Za-z0-9]{20}",
        "https://ngrok.com/docs/",
        heads=("2[0-9A-Za-z]{26}_",),
        entropy=4.0,
    ),
    named("ngrok-named", "ngrok token", "ngrok", r"[A-Za-z0-9]{20,30}_[A-Za-z0-9]{16,24}"),
    token(
        "zerotier",
        "ZeroTier token",
        rf"(?i:zerotier)[\w.-]{{0,20}}[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}[\"']?(?P<secret>{ALNUM}{{32}})",
        heads=("(?i:zerotier)",),
        entropy=3.4,
    ),
    token(
        "wireguard-key",
        "WireGuard private key",
        r"PrivateKey[ \t]{0,4}=[ \t]{0,4}(?P<secret>[A-Za-z0-9+/]{43}=)",
        "https://www.wireguard.com/",
        judge=judges.wireguard,
        severity=CRITICAL,
        kind="key",
        heads=("PrivateKey[ =]",),
    ),
    token(
        "wireguard-shared",
        "WireGuard preshared key",
        r"PresharedKey[ \t]{0,4}=[ \t]{0,4}(?P<secret>[A-Za-z0-9+/]{43}=)",
        "https://www.wireguard.com/",
        judge=judges.wireguard,
        kind="key",
        heads=("PresharedKey[ =]",),
    ),
    token(
        "fastly",
        "Fastly API token",
        rf"(?i:fastly)[_.-][\w.-]{{0,20}}(?i:key|token)[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}[\"']?(?P<secret>{URL64}{{32}})",
        "https://www.fastly.com/documentation/",
        heads=("(?i:fastly)[_.-]",),
        entropy=3.8,
    ),
    token(
        "akamai",
        "Akamai EdgeGrid token",
        r"akab-[a-z0-9]{16}-[a-z0-9]{16}",
        "https://techdocs.akamai.com/developer/docs/edgegrid",
        heads=("akab-[a-z0-9]{6}",),
    ),
    named("consul-token", "Consul or Nomad token", r"consul.{0,12}token|nomad.{0,6}token", UUID),
    token(
        "openshift",
        "OpenShift token",
        rf"sha256~{URL64}{{43}}",
        "https://docs.openshift.com/",
        severity=CRITICAL,
        entropy=3.8,
    ),
    token(
        "rancher",
        "Rancher token",
        r"token-[a-z0-9]{5}:[a-z0-9]{54}",
        "https://ranchermanager.docs.rancher.com/",
        severity=CRITICAL,
        heads=("token-[a-z0-9]{5}:",),
    ),
    named(
        "portainer", "Portainer or cluster tool key", "portainer", r"ptr_[A-Za-z0-9+/=_-]{40,60}"
    ),
    token(
        "truenas",
        "TrueNAS API key",
        rf"[0-9]{{1,3}}-{ALNUM}{{64}}",
        "https://www.truenas.com/docs/",
        heads=("[0-9]-[A-Za-z0-9]{40}",),
        back=3,
        entropy=4.2,
    ),
    token(
        "harness",
        "Harness token",
        rf"(?:pat|sat)\.{URL64}{{22}}\.{HEX}{{24}}\.{ALNUM}{{20}}",
        "https://developer.harness.io/",
        heads=(r"[ps]at\.[A-Za-z0-9_-]{22}\.",),
    ),
    token(
        "octopus",
        "Octopus Deploy API key",
        r"API-[A-Z0-9]{25,32}",
        "https://octopus.com/docs/",
        heads=("API-[A-Z0-9]{16}",),
        entropy=3.5,
    ),
    token(
        "scalr",
        "Infrastructure service key (Scalr, env0, Spacelift)",
        r"(?i:scalr_|spacelift_|env0_)[\w.-]{0,24}[\"']?[ ]{0,2}[=:][ ]{0,2}[\"']?(?P<secret>[A-Za-z0-9._-]{24,400})",
        heads=("(?i:scalr_)", "(?i:spacelift_)", "(?i:env0_)"),
        entropy=3.6,
    ),
    token(
        "kong",
        "Kong Konnect token",
        rf"[ks]pat_{ALNUM}{{40,60}}",
        "https://developer.konghq.com/",
        heads=("[ks]pat_[A-Za-z0-9]{6}",),
        entropy=3.6,
    ),
    token(
        "hashicorp-cloud",
        "HashiCorp Cloud client secret",
        rf"(?i:hcp_client_secret)[\"']?[ ]{{0,2}}[=:][ ]{{0,2}}[\"']?(?P<secret>{URL64}{{64}})",
        heads=("(?i:hcp_client_secret)",),
    ),
    token(
        "ably",
        "Ably API key",
        r"[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{6}:[A-Za-z0-9_-]{43}",
        "https://ably.com/docs/auth",
        heads=(r"[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{6}:[A-Za-z0-9_-]{12}",),
        entropy=4.2,
    ),
    token(
        "pubnub",
        "PubNub key",
        rf"sec-c-(?:{UUID}|[A-Za-z0-9=]{{48}})",
        "https://www.pubnub.com/docs/",
        heads=("sec-c-",),
        severity=Severity.HIGH,
    ),
    token(
        "blynk-client",
        "Blynk client credentials",
        rf"oa2-client-id_{URL64}{{32}}[: &](?:client_secret=)?(?P<secret>[A-Za-z0-9_-]{{40}})",
        "https://docs.blynk.io/",
        heads=("oa2-client-id_",),
    ),
    token(
        "blynk-token",
        "Blynk token",
        rf"blynk\.cloud/[^\s\"'?]{{1,60}}\?token=(?P<secret>{URL64}{{32}})",
        "https://docs.blynk.io/",
        heads=(r"blynk\.cloud/",),
    ),
    token(
        "thingsboard",
        "ThingsBoard device token",
        r"thingsboard\.[a-z]{2,6}/api/v1/(?P<secret>[a-z0-9]{20})",
        "https://thingsboard.io/docs/",
        heads=(r"thingsboard\.[a-z]{2}",),
    ),
    token(
        "thingsboard-provision",
        "ThingsBoard provision secret",
        r"provisionDevice(?:Secret|Key)\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?(?P<secret>[a-z0-9]{20})",
        "https://thingsboard.io/docs/",
        heads=("provisionDevice",),
    ),
    token(
        "adafruit", "Adafruit IO key", rf"aio_{ALNUM}{{28}}", "https://io.adafruit.com/api/docs/"
    ),
)
