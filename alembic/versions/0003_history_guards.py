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
GUARDS: tuple[tuple[str, bool, str], ...] = ()


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
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
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{message}'; END $$",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table, removable, _ in reversed(GUARDS):
        for verb in ("UPDATE",) if removable else ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            on = f" ON {table}" if dialect == "postgresql" else ""
            op.execute(sa.text(f"DROP TRIGGER {name}{on}"))
            if dialect == "postgresql":
                op.execute(sa.text(f"DROP FUNCTION {name}()"))
