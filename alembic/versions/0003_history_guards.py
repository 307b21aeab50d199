"""history guards

Tables that only grow: what was recorded there is neither changed nor removed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# (table, whether rows may be removed, what is said)
GUARDS: tuple[tuple[str, bool, str], ...] = (
    ("knowledge_verification", False, "verifications are never changed"),
    ("knowledge_verification_interval", False, "intervals of verification are only added"),
    ("knowledge_duty_scheme", False, "schemes of scores are only added"),
    ("knowledge_duty_score", False, "published scores are never changed"),
    ("knowledge_correction_event", False, "the history of a correction only grows"),
    ("supervision_event", False, "the history of a supervision only grows"),
    ("supervision_urging", False, "urgings are never changed"),
    ("knowledge_origin", False, "where a version came from is never changed"),
    ("knowledge_move_in", False, "what a batch moved in on is never changed"),
    ("supervision_card", False, "cards are never changed"),
    ("knowledge_review_signature", False, "signatures are never changed"),
    ("knowledge_review_for", False, "for whom a review was decided is never changed"),
    ("knowledge_version_chain", False, "a version keeps the chain it was filed under"),
    ("knowledge_candidate_event", False, "the history of a candidate only grows"),
    ("knowledge_candidate_confirmation", False, "confirmations are never changed"),
    ("knowledge_candidate_draft", False, "where a version came from is never changed"),
    ("knowledge_export", False, "the register of exports is never changed"),
    ("knowledge_exported_version", False, "the register of exports is never changed"),
    ("ingestion_feed_item", False, "what a feed told is never changed"),
)

_FILED = "SELECT 1 FROM knowledge_version v WHERE v.filed_at IS NOT NULL AND v.id ="
_ATTACHMENTS = "attachments of a submitted version cannot be changed"
_REPLACES = "what a submitted version replaces cannot be changed"
_AUDITED = "a finding of an audit is never changed, and nobody audits what they wrote"
_OWN = "SELECT 1 FROM knowledge_version v WHERE v.id = NEW.version_id AND v.author_id = NEW.auditor_id"
_RESULT = f"OLD.result <> NEW.result OR (NEW.result IS NOT NULL AND EXISTS ({_OWN}))"
_HEALED = "OLD.overdue_at IS NOT NULL AND (NEW.overdue_at IS NULL OR NEW.overdue_at <> OLD.overdue_at)"
_UNCONFIRMED = (
    "NEW.status = 'approved' AND OLD.status <> 'approved' AND EXISTS (SELECT 1 FROM knowledge_candidate_draft d"
    " WHERE d.version_id = NEW.id AND NOT EXISTS (SELECT 1 FROM knowledge_candidate_confirmation c"
    " WHERE c.candidate_id = d.candidate_id))"
)
_NOT_OWNER = (
    "NOT EXISTS (SELECT 1 FROM knowledge_candidate c JOIN identity_unit u ON u.id = c.unit_id"
    " JOIN identity_account a ON a.unit_id = u.id"
    " WHERE c.id = NEW.candidate_id AND c.unit_id = NEW.unit_id AND a.id = NEW.account_id AND u.kind <> 'centre')"
)
_STOOD_FOR = (
    "SELECT 1 FROM knowledge_review r JOIN knowledge_version v ON v.id = r.version_id"
    " WHERE r.id = NEW.review_id AND (v.author_id = NEW.for_account_id OR r.reviewer_id = NEW.for_account_id"
    " OR EXISTS (SELECT 1 FROM knowledge_version_author a"
    " WHERE a.version_id = v.id AND a.account_id = NEW.for_account_id))"
)
# (table, statement, condition, what is said): refused where the condition holds.
CONDITIONAL: tuple[tuple[str, str, str, str], ...] = (
    ("knowledge_version", "UPDATE", _UNCONFIRMED, "its unit has not confirmed it"),
    (
        "knowledge_candidate_confirmation",
        "INSERT",
        _NOT_OWNER,
        "only the people of the owner unit confirm what was collected",
    ),
    ("knowledge_candidate", "DELETE", "1 = 1", "candidates are never removed"),
    (
        "knowledge_export_grant",
        "UPDATE",
        "OLD.decision <> '' AND NEW.decision <> OLD.decision",
        "a decided grant is never changed",
    ),
    ("knowledge_export_grant", "DELETE", "1 = 1", "grants are never removed"),
    ("knowledge_correction", "UPDATE", _HEALED, "who was late once stays late"),
    ("knowledge_correction", "DELETE", "1 = 1", "corrections are never removed"),
    ("knowledge_correction_report", "DELETE", "1 = 1", "reports are never removed"),
    ("supervision_supervision", "UPDATE", _HEALED, "who was late once stays late"),
    ("supervision_supervision", "DELETE", "1 = 1", "supervisions are never removed"),
    ("supervision_accountability", "UPDATE", "OLD.decision <> ''", "a decided record is never changed"),
    ("supervision_accountability", "DELETE", "1 = 1", "what was recorded against a unit is never removed"),
    (
        "knowledge_review_for",
        "INSERT",
        f"EXISTS ({_STOOD_FOR})",
        "nobody reviews for an author or themselves",
    ),
    ("knowledge_audit_item", "UPDATE", _RESULT, _AUDITED),
    ("knowledge_audit_item", "DELETE", "1 = 1", _AUDITED),
    ("knowledge_duty_appeal", "UPDATE", "OLD.status <> 'open'", "a decided appeal is never changed"),
    ("knowledge_duty_appeal", "DELETE", "1 = 1", "appeals are never removed"),
    (
        "knowledge_version_attachment",
        "INSERT",
        f"NEW.kind <> 'official_document' AND EXISTS ({_FILED} NEW.version_id)",
        _ATTACHMENTS,
    ),
    ("knowledge_version_attachment", "DELETE", f"EXISTS ({_FILED} OLD.version_id)", _ATTACHMENTS),
    ("knowledge_version_attachment", "UPDATE", "1 = 1", _ATTACHMENTS),
    ("knowledge_supersession", "INSERT", f"EXISTS ({_FILED} NEW.version_id)", _REPLACES),
    ("knowledge_supersession", "DELETE", f"EXISTS ({_FILED} OLD.version_id)", _REPLACES),
    ("knowledge_supersession", "UPDATE", "1 = 1", _REPLACES),
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for guard in CONDITIONAL:
        for statement in _conditional(dialect, *guard):
            op.execute(sa.text(statement))
    for table, removable, message in GUARDS:
        for verb in ("UPDATE",) if removable else ("UPDATE", "DELETE"):
            for statement in _refusal(dialect, table, verb, message):
                op.execute(sa.text(statement))


def _refusal(dialect: str, table: str, verb: str, message: str) -> list[str]:
    name = f"{table}_no_{verb.lower()}"
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        return [f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {refuse}"]
    return [
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        ),
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def _conditional(dialect: str, table: str, verb: str, condition: str, message: str) -> list[str]:
    name = f"{table}_guard_{verb.lower()}"
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        return [f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition} {refuse}"]
    row = "OLD" if verb == "DELETE" else "NEW"
    return [
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; RETURN {row}; END $$"
        ),
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table, verb, _, _ in reversed(CONDITIONAL):
        name = f"{table}_guard_{verb.lower()}"
        op.execute(sa.text(f"DROP TRIGGER {name}{f' ON {table}' if dialect == 'postgresql' else ''}"))
        if dialect == "postgresql":
            op.execute(sa.text(f"DROP FUNCTION {name}()"))
    for table, removable, _ in reversed(GUARDS):
        for verb in ("UPDATE",) if removable else ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            on = f" ON {table}" if dialect == "postgresql" else ""
            op.execute(sa.text(f"DROP TRIGGER {name}{on}"))
            if dialect == "postgresql":
                op.execute(sa.text(f"DROP FUNCTION {name}()"))
