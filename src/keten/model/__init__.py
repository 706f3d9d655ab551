"""The nouns, frozen: what a plug's author imports."""

from keten.model.check import Check as Check
from keten.model.check import Example as Example
from keten.model.check import Threat as Threat
from keten.model.evidence import Evidence as Evidence
from keten.model.evidence import Link as Link
from keten.model.evidence import Origin as Origin
from keten.model.evidence import Place as Place
from keten.model.evidence import Problem as Problem
from keten.model.facts import Edge as Edge
from keten.model.facts import Facts as Facts
from keten.model.facts import Looked as Looked
from keten.model.facts import Node as Node
from keten.model.facts import Trust as Trust
from keten.model.facts import View as View
from keten.model.finding import Change as Change
from keten.model.finding import Finding as Finding
from keten.model.finding import Location as Location
from keten.model.finding import Severity as Severity
from keten.model.finding import Verdict as Verdict
from keten.model.finding import Violation as Violation
from keten.model.plug import Reader as Reader
from keten.model.plug import Source as Source
