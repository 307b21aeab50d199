"""guards of insight, webhooks and the golden set"""

import sqlalchemy as sa
from alembic import op

from kb_service.core.guards import refuse, release

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# (table, verb, what is said, condition): refused always where the condition is empty.
GUARDS: tuple[tuple[str, str, str, str], ...] = (
    ("tickets_reply_template", "UPDATE", "a version of a template never changes", ""),
    ("tickets_reply_template", "DELETE", "a version of a template stays", ""),
    ("regulations_calendar_change", "UPDATE", "a change of the calendar stays as it was", ""),
    ("regulations_calendar_change", "DELETE", "a change of the calendar stays", ""),
    ("tickets_due_move", "UPDATE", "what was moved stays as it was", ""),
    ("tickets_due_move", "DELETE", "what was moved stays", ""),
    ("insight_evaluation_scheme", "UPDATE", "weights that were set stay as they were", ""),
    ("insight_evaluation_scheme", "DELETE", "weights that were set stay", ""),
    ("insight_evaluation_score", "UPDATE", "a published score never changes", ""),
    ("insight_evaluation_score", "DELETE", "a published score stays", ""),
    ("knowledge_guidance", "DELETE", "what editors said about finding stays", ""),
    ("knowledge_guidance", "UPDATE", "what was ended stays as it was", "OLD.ended_at IS NOT NULL"),
    ("knowledge_served_ranking", "UPDATE", "what was put in use stays as it was", ""),
    ("knowledge_served_ranking", "DELETE", "what was put in use stays", ""),
    ("knowledge_golden_run", "UPDATE", "a run stays as it was", ""),
    ("knowledge_golden_run", "DELETE", "a run stays", ""),
    ("knowledge_golden_result", "UPDATE", "a result stays as it was", ""),
    ("knowledge_golden_result", "DELETE", "a result stays", ""),
    ("knowledge_golden_override", "UPDATE", "what was let through stays as it was", ""),
    ("knowledge_golden_override", "DELETE", "what was let through stays", ""),
    ("insight_bulletin", "UPDATE", "an issued bulletin never changes", "OLD.state = 'issued'"),
    ("insight_bulletin", "DELETE", "a bulletin stays", ""),
)


# The characters of a title, so that one finds those that hold all of some words; not for SQLite.
TITLES = "to_tsvector('simple', regexp_replace(title, '(.)', '\\1 ', 'g'))"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_index("ix_tickets_ticket_in_turn", "tickets_ticket", ["due_at", sa.text("id DESC")])
    if dialect == "postgresql":
        op.execute(sa.text(f"CREATE INDEX ix_tickets_ticket_title ON tickets_ticket USING gin ({TITLES})"))
        op.execute(sa.text("ALTER TABLE regulations_profile_revision ALTER COLUMN content TYPE json"))
    for guard in GUARDS:
        for statement in refuse(dialect, *guard):
            op.execute(sa.text(statement))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(sa.text("ALTER TABLE regulations_profile_revision ALTER COLUMN content TYPE jsonb"))
        op.drop_index("ix_tickets_ticket_title", "tickets_ticket")
    op.drop_index("ix_tickets_ticket_in_turn", "tickets_ticket")
    for table, verb, _, _ in reversed(GUARDS):
        for statement in release(dialect, table, verb):
            op.execute(sa.text(statement))
