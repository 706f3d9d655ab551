"""CocoaPods: numbers of any count, then a pre-release that is below (``Pod::Version``)."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem

ECOSYSTEM = Ecosystem(
    title="CocoaPods", purl_type="cocoapods", osv="", key=key, normalise=str.strip
)
