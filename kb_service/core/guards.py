"""Triggers by which a database refuses to change what only grows, for both databases."""

from collections.abc import Iterator


def refuse(dialect: str, table: str, verb: str, message: str, condition: str = "") -> Iterator[str]:
    """Statements that make `table` refuse UPDATE, DELETE or INSERT, always or where `condition` holds.

    A condition is SQL over the rows OLD and NEW; `message` is what the database then says.
    """
    name = _name(table, verb)
    if dialect == "sqlite":
        when = f" WHEN {condition}" if condition else ""
        yield (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    row = "OLD" if verb == "DELETE" else "NEW"
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition or 'TRUE'} THEN RAISE EXCEPTION '{message}'; END IF; RETURN {row}; END $$"
    )
    yield f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


def release(dialect: str, table: str, verb: str) -> Iterator[str]:
    """Statements that take `refuse` back."""
    name = _name(table, verb)
    yield f"DROP TRIGGER {name}{f' ON {table}' if dialect == 'postgresql' else ''}"
    if dialect == "postgresql":
        yield f"DROP FUNCTION {name}()"


def _name(table: str, verb: str) -> str:
    return f"{table}_keeps_{verb.lower()}"
