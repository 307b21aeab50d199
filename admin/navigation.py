"""The places of the console and who is led to them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb_service.core.context import Actor

REVIEWS = ("knowledge.review_unit", "knowledge.review_region", "knowledge.review_centre")


@dataclass(frozen=True)
class Place:
    """`any_of`: the permissions of which one is enough; none: everyone who is logged in."""

    key: str
    path: str
    icon: str
    any_of: tuple[str, ...] = ()

    def open_to(self, actor: Actor) -> bool:
        return not self.any_of or any(actor.may(permission) for permission in self.any_of)

    def holds(self, path: str) -> bool:
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


@dataclass(frozen=True)
class Group:
    key: str
    places: Sequence[Place]


GROUPS = (
    Group(
        "work",
        (
            Place("home", "/", "bi-house"),
            Place("desk", "/desk", "bi-headset", ("search.use",)),
            Place("tickets", "/tickets", "bi-ticket-detailed", ("ticket.read",)),
            Place("seats", "/seats", "bi-person-workspace", ("ticket.read",)),
            Place("roster", "/roster", "bi-calendar-week", ("inbox.use",)),
        ),
    ),
    Group(
        "knowledge",
        (
            Place("knowledge", "/knowledge", "bi-journal-text", ("knowledge.read_internal",)),
            Place("review", "/review", "bi-check2-square", REVIEWS),
            Place("tasks", "/tasks", "bi-list-check", ("knowledge.edit", "duty.read")),
            Place("corrections", "/corrections", "bi-bandaid", ("knowledge.read_internal",)),
            Place("candidates", "/candidates", "bi-question-diamond", ("knowledge.read_internal",)),
            Place("findings", "/findings", "bi-clipboard2-pulse", ("knowledge.check",)),
            Place("recalls", "/recalls", "bi-arrow-counterclockwise", ("recall.manage", "recall.contact")),
            Place("supervision", "/supervision", "bi-eye", ("supervision.read",)),
            Place("verification", "/verification", "bi-patch-check", ("knowledge.verify", "duty.read")),
            Place("audits", "/audits", "bi-clipboard-check", ("knowledge.audit",)),
            Place("duties", "/duties", "bi-calendar-check", ("duty.read",)),
            Place(
                "exports",
                "/exports",
                "bi-box-arrow-up-right",
                ("export.request", "export.grant", "export.consent", "audit.read"),
            ),
            Place("lexicon", "/lexicon", "bi-translate", ("search.manage", "catalogue.manage")),
            Place("golden", "/golden", "bi-bullseye", ("search.manage",)),
            Place("import", "/import", "bi-upload", ("knowledge.import",)),
            Place("move_in", "/move-in", "bi-box-arrow-in-down", ("knowledge.move_in",)),
            Place("feeds", "/feeds", "bi-arrow-left-right", ("feed.read",)),
            Place(
                "categories", "/categories", "bi-diagram-3", ("knowledge.read_internal", "catalogue.manage")
            ),
        ),
    ),
    Group(
        "insight",
        (
            Place("statistics", "/statistics", "bi-bar-chart", ("stats.read",)),
            Place("matters", "/matters", "bi-fire", ("stats.read",)),
            Place("warnings", "/warnings", "bi-exclamation-triangle", ("stats.read",)),
            Place("gaps", "/gaps", "bi-puzzle", ("stats.read", "knowledge.edit")),
            Place("bulletins", "/bulletins", "bi-newspaper", ("stats.read",)),
        ),
    ),
    Group(
        "system",
        (
            Place("units", "/units", "bi-building", ("knowledge.read_internal", "identity.manage")),
            Place("staff", "/staff", "bi-person-badge", ("knowledge.read_internal", "identity.manage")),
            Place("accounts", "/accounts", "bi-people", ("identity.manage", "roles.manage")),
            Place("calendar", "/calendar", "bi-calendar3", ("inbox.use",)),
            Place("deliveries", "/deliveries", "bi-send", ("system.manage",)),
            Place("webhooks", "/webhooks", "bi-broadcast", ("webhook.manage",)),
            Place("audit", "/audit", "bi-shield-check", ("audit.read",)),
        ),
    ),
)


def groups_for(actor: Actor) -> list[Group]:
    """The groups with those places an actor may open; empty groups are left out."""
    open_groups = (
        Group(group.key, tuple(place for place in group.places if place.open_to(actor))) for group in GROUPS
    )
    return [group for group in open_groups if group.places]


def place_of(path: str) -> str:
    """The key of the place a path lies in, or an empty text."""
    places = [place for group in GROUPS for place in group.places if place.holds(path)]
    return max(places, key=lambda place: len(place.path)).key if places else ""
