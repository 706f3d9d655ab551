"""The operating system of a root filesystem: os-release(5), or the release files before it."""

from keten.formats import distributions, os_release
from keten.formats.os_release import Release
from keten.model import support
from keten.model.evidence import Link, Place
from keten.model.facts import Facts, Looked
from keten.model.image import System
from keten.model.plug import Reader, Scope, Source


def read(source: Source) -> Facts:
    """Return the operating system, if this file is the one of several that decides."""
    found = os_release.identify(source.files.read)
    if found is None or found.path != source.path:
        return Facts()
    node = system(found)
    return Facts(
        nodes=(node,),
        looked=(Looked(node.ref, "installed"),)
        + ((Looked(node.ref, "support"),) if node.end or node.distro in support.ROLLING else ()),
        places=(Place(node.ref, source.path, 1, 1),),
    )


def system(found: Release) -> System:
    """Return the node of what was identified, with OSV's name for it and its days of support."""
    version = found.version or found.build
    # Both CentOS Linux 8 and CentOS Stream 8 have VERSION_ID 8; only the name tells them apart.
    distro = "centos-stream" if "stream" in found.name.lower() else found.distro
    until = (
        support.of(distro, version)
        or support.of(found.distro, version)
        or support.releases(found.distro).get(found.codename)
    )
    return System(
        ".",
        distro=found.distro,
        release=version,
        name=found.name,
        codename=found.codename or (until.codename if until else ""),
        like=found.like,
        osv=distributions.feed(found.qualifier, found.distro).main,
        end=until.for_all if until else None,
        extended=until.longest if until else None,
        path=found.path,
    )


READER = Reader(
    title="Operating system release",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    ceiling=os_release.MAX_BYTES,
    scope=Scope.SYSTEM,
    anchors=tuple(path for path, _ in os_release.SOURCES),
)
