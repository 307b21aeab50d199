"""Gathers what speaks for each unit: catalogue, duties, owners of near points, past requests, models, place."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kb_service.answering.inquiry import Inquiry
from kb_service.answering.routing import learning, rules
from kb_service.answering.routing.rules import Evidence, UnitGuess
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.knowledge.content import AgencyContent
from kb_service.knowledge.service import catalogue, searching
from kb_service.knowledge.service.catalogue import MatterView
from kb_service.knowledge.service.lookups import Directory
from search.analysis.normalise import squeeze
from search.lexicon.lexicon import expand
from search.routing.model import SHIPPED, ModelError, RoutingModel, opened

log = logging.getLogger(__name__)
NEAR_POINTS = 5
DIRECTORY_HITS = 5
MATTERS = 4
FIELDS = 3
# Less likely than this a field is a guess, which must not look like a reason.
LEAST_PROBABILITY = 0.3
OPENING = 60
SHORTEST_NAME = 3
# The centre keeps what others wrote and passes requests on: that it owns a point says little.
CENTRE_OWNS = 0.25


@dataclass(frozen=True)
class Suggestion:
    units: list[UnitGuess]
    field: str | None
    matter: str | None


def trained(folder: Path, label: str) -> RoutingModel | None:
    """The model this city trained for a label, or None. A damaged one is as none."""
    path = folder / f"{label}.npz"
    if not path.exists():
        return None
    try:
        return opened(path)
    except ModelError as error:
        log.warning("%s", error)
        return None


@dataclass
class Case:
    """A request beside what the city knows of itself."""

    inquiry: Inquiry
    text: str = field(init=False)
    units: dict[int, Unit] = field(init=False)
    matters: list[MatterView] = field(init=False)

    def __post_init__(self) -> None:
        self.text = squeeze(self.inquiry.wanted)
        self.units = {unit.id: unit for unit in people.all_units(self.session) if unit.active}
        self.matters = catalogue.matters(self.session)

    @property
    def session(self) -> ReadSession:
        return self.inquiry.session

    @cached_property
    def by_code(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in self.units.values()}

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The place of the request and the regions above it, nearest first."""
        region = self.inquiry.region
        return Directory.load(self.session).region_and_above(region) if region else ()

    @cached_property
    def local(self) -> Mapping[str, str]:
        """Units of the place by what they are called without it, nearest place first."""
        found: dict[str, str] = {}
        for code in self.path[:-1]:
            for unit in self.units.values():
                if unit.region_code == code and unit.kind == "department":
                    found.setdefault(self.stem(unit), unit.code)
        return found

    def stem(self, unit: Unit) -> str:
        return rules.stem(unit.name, self.inquiry.region_names.values())

    def here(self, unit: Unit) -> Unit:
        """The unit of the request's place that does there what this one does, where there is one."""
        code = self.local.get(self.stem(unit)) if unit.region_code not in self.path[:-1] else None
        return self.by_code[code] if code else unit

    def responsible(self, matter: MatterView) -> Unit | None:
        regional = next(
            (matter.region_units[code] for code in self.path if code in matter.region_units), None
        )
        return self.by_code.get(regional or matter.unit_code)

    @cached_property
    def fields(self) -> dict[str, float]:
        """Probabilities of the city's own fields; empty where no model speaks of them."""
        roots = {matter.category_path.split("/")[0] for matter in self.matters}
        folder = self.inquiry.parts.settings.routing_dir
        for model in (trained(folder, "field"), opened(SHIPPED)):
            known = [] if model is None else [label for label in model.labels if label in roots]
            if model is not None and len(known) >= len(roots) / 2:
                return self._probabilities(model)
        return {}

    def _probabilities(self, model: RoutingModel) -> dict[str, float]:
        """Of the text and of how it opens, where it is a letter: what is told further on leads astray."""
        read = {self.text, self.text[:OPENING]}
        by_reading = [model.probabilities(each).tolist() for each in sorted(read)]
        return {label: sum(row) / len(read) for label, *row in zip(model.labels, *by_reading, strict=True)}

    @cached_property
    def scored(self) -> list[tuple[float, MatterView]]:
        """Matters that the request speaks of, best first."""
        own = {matter.code: [matter.name, *matter.keywords] for matter in self.matters}
        words = rules.Words.of(own.values())
        meant = {found.term: found.weight for found in expand(self.text)}
        scored = [
            (
                words.score(own[matter.code], self.text, meant)
                * min(1.0, rules.agreement(matter.category_path.split("/")[0], self.fields)),
                matter,
            )
            for matter in self.matters
        ]
        return sorted(((s, m) for s, m in scored if s > 0), key=lambda pair: (-pair[0], pair[1].code))


def suggest(inquiry: Inquiry) -> Suggestion:
    case = Case(inquiry)
    sources = (_matters, _owners, _duties, _past, _named, _learnt, _fields, _place)
    found = [evidence for source in sources for evidence in source(case)]
    best = case.scored[0][1] if case.scored else None
    return Suggestion(rules.rank(found), _field(case), best.code if best else None)


def _field(case: Case) -> str | None:
    """The likeliest field by the model, the best matters and the nearest point together."""
    votes = dict(case.fields)
    for score, matter in case.scored[:MATTERS]:
        root = matter.category_path.split("/")[0]
        votes[root] = votes.get(root, 0.0) + score / 2
    for candidate in case.inquiry.candidates[:1]:
        root = case.inquiry.views[candidate.code].category_path.split("/")[0]
        votes[root] = votes.get(root, 0.0) + candidate.confidence / 2
    return max(sorted(votes), key=lambda root: votes[root]) if votes else None


def _evidence(kind: rules.Kind, unit: Unit, strength: float, reason: str) -> Evidence:
    return Evidence(kind, unit.code, unit.name, strength, reason)


def _matters(case: Case) -> Iterator[Evidence]:
    for score, matter in case.scored[:MATTERS]:
        unit = case.responsible(matter)
        if unit is not None:
            yield _evidence("matter", unit, score, f"派单目录“{matter.name}”的责任单位")


def _owners(case: Case) -> Iterator[Evidence]:
    matters = {matter.code: matter for matter in case.matters}
    for candidate in case.inquiry.candidates[:NEAR_POINTS]:
        view = case.inquiry.views[candidate.code]
        agrees = rules.agreement(view.category_path.split("/")[0], case.fields)
        owner = case.by_code.get(view.unit_code)
        matter = matters.get(view.matter_code or "")
        handler = case.responsible(matter) if matter else None
        if owner is not None and owner.kind == "centre":
            agrees *= CENTRE_OWNS
        if owner is not None:
            yield _evidence(
                "owner", case.here(owner), candidate.confidence * agrees, f"知识《{view.title}》由该单位发布"
            )
        if handler is not None and matter is not None and handler is not owner:
            reason = f"知识《{view.title}》所属事项“{matter.name}”的责任单位"
            yield _evidence("owner", handler, candidate.confidence * agrees, reason)


def _duties(case: Case) -> Iterator[Evidence]:
    """What agency points say a unit is for, by the points that the request finds among them."""
    asked = searching.SearchParams(q=case.inquiry.wanted, limit=DIRECTORY_HITS, type="agency")
    hits = searching.search_points(case.session, case.inquiry.ctx, case.inquiry.parts.engine, asked).hits
    for hit in hits:
        unit, content = case.by_code.get(hit.unit), hit.view.content
        if unit is None or not isinstance(content, AgencyContent):
            continue
        phrase, share = rules.duty_phrase(
            [*content.service_items, content.functions, content.power_list], case.text
        )
        if share:
            yield _evidence("duty", case.here(unit), share, f"职责含“{phrase}”")


def _past(case: Case) -> Iterator[Evidence]:
    for each in learning.alike(case.inquiry.parts.database, case.session, case.text):
        unit = case.units.get(each.unit_id)
        if unit is not None:
            # One like it may be chance, several are a habit.
            strength = each.share * each.number / (each.number + 1)
            yield _evidence("past", unit, strength, f"同类工单 {each.number} 件由其承办")


def _named(case: Case) -> Iterator[Evidence]:
    """A unit that the request names is often whom it is about; never the hotline itself."""
    for unit in case.units.values():
        if unit.kind == "centre":
            continue
        names = [
            name for name in (unit.name, unit.short_name, *unit.former_names) if len(name) >= SHORTEST_NAME
        ]
        said = next((name for name in names if squeeze(name) in case.text), None)
        if said is not None:
            yield _evidence("named", unit, 1.0, f"提到“{said}”")


def _learnt(case: Case) -> Iterator[Evidence]:
    model = trained(case.inquiry.parts.settings.routing_dir, "unit")
    for guess in model.guess(case.text, rules.MAX_UNITS) if model else ():
        unit = case.by_code.get(guess.label)
        if unit is not None:
            words = "、".join(model.telling(case.text, guess.label)) if model else ""
            told = f"（{words}）" if words else ""
            yield _evidence("learnt", unit, guess.probability, f"以往这类诉求多由其承办{told}")


def _fields(case: Case) -> Iterator[Evidence]:
    """Who answers for most matters of the likeliest fields in this place."""
    likely = sorted(case.fields.items(), key=lambda pair: (-pair[1], pair[0]))[:FIELDS]
    for root, probability in likely:
        if probability < LEAST_PROBABILITY:
            continue
        held = [case.responsible(m) for m in case.matters if m.category_path.split("/")[0] == root]
        yield from _of_field(
            root, probability, [unit for unit in held if unit is not None and unit.kind != "centre"]
        )


def _of_field(root: str, probability: float, held: Sequence[Unit]) -> Iterator[Evidence]:
    for unit in {each.code: each for each in held}.values():
        share = sum(each.code == unit.code for each in held) / len(held)
        yield _evidence("field", unit, probability * share, f"“{root}”类事项多由其负责")


def _place(case: Case) -> Iterator[Evidence]:
    """A government of the place itself, where the request names a county or a town."""
    for code in case.path[:-1]:
        for unit in case.units.values():
            if unit.region_code == code and unit.kind in {"county", "town"}:
                yield _evidence("place", unit, 1.0, f"事发地在{case.inquiry.region_names[code]}")
