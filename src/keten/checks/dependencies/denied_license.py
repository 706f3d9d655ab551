"""Package stands under a licence that policy does not permit.

A licence is a contract. Who ships a product with code under the GPL owes its users the source
of what was made with it; under the AGPL so does who only lets them use it over a network. The
Free Software Foundation sued Cisco for it in 2008; in 2024 a court in Paris had Orange pay
650,000 euros. Others change under one's feet: MongoDB, Elasticsearch, Terraform and Redis took
licences that forbid some to use new versions.

Asked where keten.toml has ``[licenses]`` with ``allow`` or ``deny``. Of ``A OR B`` one permitted
licence is enough, of ``A AND B`` each has to be. What a person concluded
(``[[licenses.package]]``) goes before what the package says of itself.
"""

from collections.abc import Iterator

from keten.model import Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Package
from keten.model.rules import Ruling

_SECTION = "licenses "


def run(package: Package, view: View) -> Iterator[Violation]:
    """Report each licence that is not permitted."""
    for edge in view.out(package, "denied-by", Trust.OBSERVED):
        ruling = view.node(edge.dst)
        if isinstance(ruling, Ruling) and ruling.id.startswith(_SECTION):
            label = f"{package.name} {package.version}".rstrip()
            yield Violation(f"{label} stands under {ruling.what}, {ruling.why}", key=ruling.what)


CHECK = Check(
    title="Package stands under a licence that policy does not permit",
    subject=Package,
    section="licenses",
    severity=Severity.MEDIUM,
    needs=("license",),
    fix="Replace the package, or have somebody who may decide it conclude its licence or permit "
    "it in keten.toml, with the reason.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        "$",
        '$ keten scan shop    # [licenses] deny = ["category:network-copyleft"]\n'
        "medium    tools 1.2.0 stands under AGPL-3.0-only, denied: category:network-copyleft\n",
    ),
    good=Example("$", "$ keten licenses shop\n 12 packages  MIT\n"),
    run=run,
    asks="denied-by",
    refs=("https://spdx.org/licenses/",),
)
