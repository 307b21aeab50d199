"""Runs migrations on the database of the settings, or of whoever calls `kb_service.core.migrations`."""

import importlib
import pkgutil

import sqlalchemy as sa
from alembic import context

import ingestion
import kb_service
from kb_service.core.db import Base, Database, UtcDateTime
from kb_service.core.settings import get_settings

# Every table of the service is in a module named `model`, or in core.
for package in (kb_service, ingestion):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.endswith(".model") or module.name.startswith("kb_service.core."):
            importlib.import_module(module.name)


def compare_type(context_, inspected, metadata_column, inspected_type, metadata_type):
    """JSON columns differ by dialect on purpose; everything else is compared as usual."""
    return False if isinstance(metadata_type, sa.JSON) else None


def render_item(kind, item, autogen_context):
    """Migrations name plain types: they must not change when the service's own types do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


# Over expressions, which SQLite cannot tell back: made by hand in the migrations, and by them alone.
BY_HAND = {"ix_tickets_ticket_in_turn", "ix_tickets_ticket_title"}


def include_object(item, name, kind, reflected, compared):
    return kind != "index" or name not in BY_HAND


url = context.config.attributes.get("url") or get_settings().database
# A migration may hold no lock for long: better to fail and try again than to stop the service.
database = Database(url)
with database.engine.connect().execution_options(kb_write=True) as connection:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=compare_type,
        render_item=render_item,
        include_object=include_object,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
database.dispose()
