"""Whether one rule allows one request, as the API server's RBAC authorizer compares them.

Source: Kubernetes 1.36, plugin/pkg/auth/authorizer/rbac and pkg/apis/rbac/v1: verbs, groups and
resources match by name or ``*``; ``*/sub`` matches a subresource of anything; a rule with
resource names matches a request with one of them, and none without; URLs match by name, or by
what stands before the ``*`` at their end.
"""

from msgspec import Struct

from keten.cluster.rbac.requests import Request
from keten.model.kube import Rule


class Matcher(Struct, frozen=True):
    """A rule, made ready: None is "every one"."""

    verbs: frozenset[str] | None
    groups: frozenset[str] | None
    resources: frozenset[str] | None
    names: frozenset[str] | None
    urls: frozenset[str] | None
    prefixes: tuple[str, ...]

    def allows(self, request: Request) -> bool:
        """Return whether the rule allows the request."""
        if self.names is not None and not request.path and request.name not in self.names:
            return False
        return self.about(request)

    def names_only(self, request: Request) -> bool:
        """Return whether the rule allows, of what *request* asks without a name, some by name.

        What is created, or deleted as a whole, has no name to ask by.
        """
        nameless = request.verb in ("create", "deletecollection") and not request.subresource
        if self.names is None or request.name or request.path or nameless:
            return False
        return self.about(request)

    def about(self, request: Request) -> bool:
        """Return whether the rule allows the request, whatever its name."""
        if self.verbs is not None and request.verb not in self.verbs:
            return False
        if request.path:
            return self._url(request.path)
        if self.groups is not None and request.group not in self.groups:
            return False
        held = self.resources
        if held is None or request.combined in held:
            return True
        return bool(request.subresource) and f"*/{request.subresource}" in held

    def _url(self, path: str) -> bool:
        if self.urls is None or path in self.urls:
            return True
        return bool(self.prefixes) and path.startswith(self.prefixes)


def matcher(rule: Rule) -> Matcher:
    """Return *rule*, made ready."""
    urls = rule.non_resource_urls
    return Matcher(
        _set(rule.verbs),
        _set(rule.api_groups),
        _set(rule.resources),
        frozenset(rule.resource_names) if rule.resource_names else None,
        _set(urls),
        tuple(url.rstrip("*") for url in urls if url.endswith("*")),
    )


def _set(words: tuple[str, ...]) -> frozenset[str] | None:
    return None if "*" in words else frozenset(words)
