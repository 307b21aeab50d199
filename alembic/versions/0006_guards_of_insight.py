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
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for guard in GUARDS:
        for statement in refuse(dialect, *guard):
            op.execute(sa.text(statement))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table, verb, _, _ in reversed(GUARDS):
        for statement in release(dialect, table, verb):
            op.execute(sa.text(statement))
