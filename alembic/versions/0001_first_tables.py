"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# The audit log only grows, and what was submitted for review never changes.
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER core_audit_no_update BEFORE UPDATE ON core_audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER core_audit_no_delete BEFORE DELETE ON core_audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER core_audit_seal_no_update BEFORE UPDATE ON core_audit_seal BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER core_audit_seal_no_delete BEFORE DELETE ON core_audit_seal BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER knowledge_version_words BEFORE UPDATE OF point_id, number, title, content, category_id, region_code, matter_code, audience, roles, access, keywords, source, effective_from, effective_to, release_at, supersedes_code, note, content_hash, author_id, filed_at, created_at ON knowledge_version WHEN OLD.filed_at IS NOT NULL AND (NEW.point_id IS NOT OLD.point_id OR NEW.number IS NOT OLD.number OR NEW.title IS NOT OLD.title OR NEW.content IS NOT OLD.content OR NEW.category_id IS NOT OLD.category_id OR NEW.region_code IS NOT OLD.region_code OR NEW.matter_code IS NOT OLD.matter_code OR NEW.audience IS NOT OLD.audience OR NEW.roles IS NOT OLD.roles OR NEW.access IS NOT OLD.access OR NEW.keywords IS NOT OLD.keywords OR NEW.source IS NOT OLD.source OR NEW.effective_from IS NOT OLD.effective_from OR NEW.effective_to IS NOT OLD.effective_to OR NEW.release_at IS NOT OLD.release_at OR NEW.supersedes_code IS NOT OLD.supersedes_code OR NEW.note IS NOT OLD.note OR NEW.content_hash IS NOT OLD.content_hash OR NEW.author_id IS NOT OLD.author_id OR NEW.filed_at IS NOT OLD.filed_at OR NEW.created_at IS NOT OLD.created_at) BEGIN SELECT RAISE(ABORT, 'a submitted version cannot be changed'); END",
        "CREATE TRIGGER knowledge_version_approval BEFORE UPDATE OF status, approved_at, live_from ON knowledge_version WHEN OLD.approved_at IS NOT NULL AND (NEW.status IS NOT OLD.status OR NEW.approved_at IS NOT OLD.approved_at OR NEW.live_from IS NOT OLD.live_from) BEGIN SELECT RAISE(ABORT, 'a submitted version cannot be changed'); END",
        "CREATE TRIGGER knowledge_version_kept BEFORE DELETE ON knowledge_version WHEN OLD.filed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a submitted version cannot be changed'); END",
        "CREATE TRIGGER knowledge_version_reviewed BEFORE UPDATE OF status ON knowledge_version WHEN NEW.status = 'approved' AND OLD.status <> 'approved' AND NOT EXISTS (SELECT 1 FROM knowledge_review r WHERE r.version_id = NEW.id AND r.decision = 'approve') BEGIN SELECT RAISE(ABORT, 'a version is approved by a review alone'); END",
        "CREATE TRIGGER knowledge_version_entered BEFORE INSERT ON knowledge_version WHEN NEW.status = 'approved' BEGIN SELECT RAISE(ABORT, 'a version is approved by a review alone'); END",
        "CREATE TRIGGER knowledge_review_no_update BEFORE UPDATE ON knowledge_review BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END",
        "CREATE TRIGGER knowledge_review_no_delete BEFORE DELETE ON knowledge_review BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END",
        "CREATE TRIGGER knowledge_review_wrote_it BEFORE INSERT ON knowledge_review WHEN NEW.reviewer_id IS NOT NULL AND EXISTS (SELECT 1 FROM knowledge_version_author a WHERE a.version_id = NEW.version_id AND a.account_id = NEW.reviewer_id) BEGIN SELECT RAISE(ABORT, 'an author of a version cannot review it'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER core_audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON core_audit FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse()",
        "CREATE OR REPLACE FUNCTION core_audit_seal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER core_audit_seal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON core_audit_seal FOR EACH STATEMENT EXECUTE FUNCTION core_audit_seal_refuse()",
        "CREATE OR REPLACE FUNCTION knowledge_version_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.filed_at IS NOT NULL AND (NEW.point_id IS DISTINCT FROM OLD.point_id OR NEW.number IS DISTINCT FROM OLD.number OR NEW.title IS DISTINCT FROM OLD.title OR NEW.content IS DISTINCT FROM OLD.content OR NEW.category_id IS DISTINCT FROM OLD.category_id OR NEW.region_code IS DISTINCT FROM OLD.region_code OR NEW.matter_code IS DISTINCT FROM OLD.matter_code OR NEW.audience IS DISTINCT FROM OLD.audience OR NEW.roles IS DISTINCT FROM OLD.roles OR NEW.access IS DISTINCT FROM OLD.access OR NEW.keywords IS DISTINCT FROM OLD.keywords OR NEW.source IS DISTINCT FROM OLD.source OR NEW.effective_from IS DISTINCT FROM OLD.effective_from OR NEW.effective_to IS DISTINCT FROM OLD.effective_to OR NEW.release_at IS DISTINCT FROM OLD.release_at OR NEW.supersedes_code IS DISTINCT FROM OLD.supersedes_code OR NEW.note IS DISTINCT FROM OLD.note OR NEW.content_hash IS DISTINCT FROM OLD.content_hash OR NEW.author_id IS DISTINCT FROM OLD.author_id OR NEW.filed_at IS DISTINCT FROM OLD.filed_at OR NEW.created_at IS DISTINCT FROM OLD.created_at) THEN RAISE EXCEPTION 'a submitted version cannot be changed'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER knowledge_version_words BEFORE UPDATE OF point_id, number, title, content, category_id, region_code, matter_code, audience, roles, access, keywords, source, effective_from, effective_to, release_at, supersedes_code, note, content_hash, author_id, filed_at, created_at ON knowledge_version FOR EACH ROW EXECUTE FUNCTION knowledge_version_words()",
        "CREATE OR REPLACE FUNCTION knowledge_version_approval() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.approved_at IS NOT NULL AND (NEW.status IS DISTINCT FROM OLD.status OR NEW.approved_at IS DISTINCT FROM OLD.approved_at OR NEW.live_from IS DISTINCT FROM OLD.live_from) THEN RAISE EXCEPTION 'a submitted version cannot be changed'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER knowledge_version_approval BEFORE UPDATE OF status, approved_at, live_from ON knowledge_version FOR EACH ROW EXECUTE FUNCTION knowledge_version_approval()",
        "CREATE OR REPLACE FUNCTION knowledge_version_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.filed_at IS NOT NULL THEN RAISE EXCEPTION 'a submitted version cannot be changed'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER knowledge_version_kept BEFORE DELETE ON knowledge_version FOR EACH ROW EXECUTE FUNCTION knowledge_version_kept()",
        "CREATE OR REPLACE FUNCTION knowledge_version_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.status = 'approved' AND OLD.status <> 'approved' AND NOT EXISTS (SELECT 1 FROM knowledge_review r WHERE r.version_id = NEW.id AND r.decision = 'approve') THEN RAISE EXCEPTION 'a version is approved by a review alone'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER knowledge_version_reviewed BEFORE UPDATE OF status ON knowledge_version FOR EACH ROW EXECUTE FUNCTION knowledge_version_reviewed()",
        "CREATE OR REPLACE FUNCTION knowledge_version_entered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.status = 'approved' THEN RAISE EXCEPTION 'a version is approved by a review alone'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER knowledge_version_entered BEFORE INSERT ON knowledge_version FOR EACH ROW EXECUTE FUNCTION knowledge_version_entered()",
        "CREATE OR REPLACE FUNCTION knowledge_review_no_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reviews are append-only'; RETURN NEW; END $$",
        "CREATE TRIGGER knowledge_review_no_update BEFORE UPDATE ON knowledge_review FOR EACH ROW EXECUTE FUNCTION knowledge_review_no_update()",
        "CREATE OR REPLACE FUNCTION knowledge_review_no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reviews are append-only'; RETURN OLD; END $$",
        "CREATE TRIGGER knowledge_review_no_delete BEFORE DELETE ON knowledge_review FOR EACH ROW EXECUTE FUNCTION knowledge_review_no_delete()",
        "CREATE OR REPLACE FUNCTION knowledge_review_wrote_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.reviewer_id IS NOT NULL AND EXISTS (SELECT 1 FROM knowledge_version_author a WHERE a.version_id = NEW.version_id AND a.account_id = NEW.reviewer_id) THEN RAISE EXCEPTION 'an author of a version cannot review it'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER knowledge_review_wrote_it BEFORE INSERT ON knowledge_review FOR EACH ROW EXECUTE FUNCTION knowledge_review_wrote_it()",
    ],
}


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "answering_conversation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answering_conversation")),
    )
    op.create_table(
        "core_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_audit")),
    )
    with op.batch_alter_table("core_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_audit_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_core_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "core_counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_counter")),
    )
    op.create_table(
        "core_idempotency",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core_idempotency")),
    )
    op.create_table(
        "core_outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drained_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_outbox")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("core_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_core_outbox_waiting", ["topic", "drained_at", "lane", "id"], unique=False)

    op.create_table(
        "identity_region",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.CheckConstraint("level IN ('city', 'county', 'town')", name=op.f("ck_identity_region_level")),
        sa.ForeignKeyConstraint(
            ["parent_code"],
            ["identity_region.code"],
            name=op.f("fk_identity_region_parent_code_identity_region"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_identity_region")),
    )
    op.create_table(
        "identity_requester",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("phone_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("values", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_requester")),
    )
    with op.batch_alter_table("identity_requester", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_identity_requester_phone_fingerprint"), ["phone_fingerprint"], unique=False
        )

    op.create_table(
        "identity_role",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("permissions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reach", sa.String(length=10), nullable=False),
        sa.Column("officer", sa.Boolean(), nullable=False),
        sa.CheckConstraint("reach IN ('own', 'region', 'all')", name=op.f("ck_identity_role_reach")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_identity_role")),
    )
    op.create_table(
        "knowledge_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["knowledge_category.id"],
            name=op.f("fk_knowledge_category_parent_id_knowledge_category"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_category")),
        sa.UniqueConstraint("code", name=op.f("uq_knowledge_category_code")),
        sa.UniqueConstraint("path", name=op.f("uq_knowledge_category_path")),
    )
    with op.batch_alter_table("knowledge_category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_category_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "knowledge_word",
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_knowledge_word")),
    )
    op.create_table(
        "regulations_announced_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_regulations_announced_year")),
    )
    op.create_table(
        "regulations_calendar_override",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_regulations_calendar_override")),
    )
    op.create_table(
        "regulations_continuation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regulations_continuation")),
    )
    with op.batch_alter_table("regulations_continuation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_regulations_continuation_profile"), ["profile"], unique=False)

    op.create_table(
        "regulations_profile_revision",
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("profile", "revision", name=op.f("pk_regulations_profile_revision")),
    )
    op.create_table(
        "regulations_supplied_number",
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("profile", "name", name=op.f("pk_regulations_supplied_number")),
    )
    op.create_table(
        "answering_decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("outcome", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("steps", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("profile_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["answering_conversation.id"],
            name=op.f("fk_answering_decision_conversation_id_answering_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answering_decision")),
    )
    with op.batch_alter_table("answering_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answering_decision_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_answering_decision_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_answering_decision_decision"), ["decision"], unique=False)

    op.create_table(
        "core_audit_seal",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"], ["core_audit.id"], name=op.f("fk_core_audit_seal_audit_id_core_audit")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_core_audit_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_core_audit_seal_audit_id")),
    )
    op.create_table(
        "identity_unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("short_name", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("former_names", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('centre', 'department', 'county', 'town', 'enterprise', 'sub_centre')",
            name=op.f("ck_identity_unit_kind"),
        ),
        sa.CheckConstraint("level IN (1, 2, 3)", name=op.f("ck_identity_unit_level")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["identity_unit.id"], name=op.f("fk_identity_unit_parent_id_identity_unit")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["identity_region.code"],
            name=op.f("fk_identity_unit_region_code_identity_region"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_identity_unit_code")),
        sa.UniqueConstraint("name", name=op.f("uq_identity_unit_name")),
    )
    with op.batch_alter_table("identity_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_unit_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identity_unit_region_code"), ["region_code"], unique=False)

    op.create_table(
        "answering_shown",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["answering_decision.id"],
            name=op.f("fk_answering_shown_decision_id_answering_decision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answering_shown")),
    )
    with op.batch_alter_table("answering_shown", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answering_shown_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index("ix_answering_shown_version", ["code", "version", "at"], unique=False)

    op.create_table(
        "channels_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["answering_conversation.id"],
            name=op.f("fk_channels_message_conversation_id_answering_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["answering_decision.id"],
            name=op.f("fk_channels_message_decision_id_answering_decision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels_message")),
    )
    with op.batch_alter_table("channels_message", schema=None) as batch_op:
        batch_op.create_index("ix_channels_message_conversation", ["conversation_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channels_message_decision_id"), ["decision_id"], unique=False)

    op.create_table(
        "identity_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_identity_account_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_account")),
        sa.UniqueConstraint("login", name=op.f("uq_identity_account_login")),
    )
    with op.batch_alter_table("identity_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_account_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "identity_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role_code", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["role_code"], ["identity_role.code"], name=op.f("fk_identity_token_role_code_identity_role")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_identity_token_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_token")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_identity_token_fingerprint")),
    )
    op.create_table(
        "knowledge_category_unit",
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["knowledge_category.id"],
            name=op.f("fk_knowledge_category_unit_category_id_knowledge_category"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_knowledge_category_unit_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("category_id", "unit_id", name=op.f("pk_knowledge_category_unit")),
    )
    with op.batch_alter_table("knowledge_category_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_category_unit_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "knowledge_matter",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("keywords", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("risk", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "risk IN ('normal', 'money', 'entitlement', 'health', 'law')",
            name=op.f("ck_knowledge_matter_risk"),
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["knowledge_category.id"],
            name=op.f("fk_knowledge_matter_category_id_knowledge_category"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_knowledge_matter_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_knowledge_matter")),
    )
    with op.batch_alter_table("knowledge_matter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_matter_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_matter_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "knowledge_point",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=12), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('faq', 'procedure', 'policy', 'agency', 'script')", name=op.f("ck_knowledge_point_type")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_knowledge_point_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_point")),
        sa.UniqueConstraint("code", name=op.f("uq_knowledge_point_code")),
    )
    with op.batch_alter_table("knowledge_point", schema=None) as batch_op:
        batch_op.create_index("ix_knowledge_point_touched", ["touched_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_point_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "tickets_ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("request_class", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category_code", sa.String(length=32), nullable=True),
        sa.Column("matter_code", sa.String(length=32), nullable=True),
        sa.Column("field", sa.String(length=80), nullable=True),
        sa.Column("requester_id", sa.String(length=36), nullable=True),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("sudden", sa.Boolean(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("profile_id", sa.String(length=40), nullable=False),
        sa.Column("profile_revision", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("suggested_unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["answering_decision.id"],
            name=op.f("fk_tickets_ticket_decision_id_answering_decision"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["identity_region.code"],
            name=op.f("fk_tickets_ticket_region_code_identity_region"),
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["identity_requester.id"],
            name=op.f("fk_tickets_ticket_requester_id_identity_requester"),
        ),
        sa.ForeignKeyConstraint(
            ["suggested_unit_id"],
            ["identity_unit.id"],
            name=op.f("fk_tickets_ticket_suggested_unit_id_identity_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_tickets_ticket_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets_ticket")),
        sa.UniqueConstraint("code", name=op.f("uq_tickets_ticket_code")),
    )
    with op.batch_alter_table("tickets_ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_ticket_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index("ix_tickets_ticket_queue", ["status", "due_at", "id"], unique=False)
        batch_op.create_index("ix_tickets_ticket_unit", ["unit_id", "status", "due_at"], unique=False)

    op.create_table(
        "identity_account_role",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_code", sa.String(length=32), nullable=False),
        sa.Column("officer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["identity_account.id"],
            name=op.f("fk_identity_account_role_account_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["role_code"],
            ["identity_role.code"],
            name=op.f("fk_identity_account_role_role_code_identity_role"),
        ),
        sa.PrimaryKeyConstraint("account_id", "role_code", name=op.f("pk_identity_account_role")),
    )
    with op.batch_alter_table("identity_account_role", schema=None) as batch_op:
        batch_op.create_index(
            "uq_identity_account_role_officer",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("officer = 1"),
            postgresql_where=sa.text("officer"),
        )

    op.create_table(
        "identity_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["identity_account.id"],
            name=op.f("fk_identity_session_account_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_session")),
    )
    with op.batch_alter_table("identity_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_session_account_id"), ["account_id"], unique=False)

    op.create_table(
        "ingestion_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("sheet", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("mapping", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("defaults", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("columns", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("notes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("submit", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("undo_reason", sa.String(length=500), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'jsonl')", name=op.f("ck_ingestion_batch_format")),
        sa.CheckConstraint(
            "status IN ('staged', 'checked', 'applied', 'undone', 'failed', 'cancelled')",
            name=op.f("ck_ingestion_batch_status"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["identity_account.id"],
            name=op.f("fk_ingestion_batch_account_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_ingestion_batch_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingestion_batch")),
    )
    with op.batch_alter_table("ingestion_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ingestion_batch_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ingestion_batch_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_ingestion_batch_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "knowledge_matter_region",
        sa.Column("matter_code", sa.String(length=32), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter_code"],
            ["knowledge_matter.code"],
            name=op.f("fk_knowledge_matter_region_matter_code_knowledge_matter"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["identity_region.code"],
            name=op.f("fk_knowledge_matter_region_region_code_identity_region"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_knowledge_matter_region_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("matter_code", "region_code", name=op.f("pk_knowledge_matter_region")),
    )
    op.create_table(
        "knowledge_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("matter_code", sa.String(length=32), nullable=True),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("roles", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("access", sa.String(length=1200), nullable=False),
        sa.Column("keywords", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supersedes_code", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "audience IN ('public', 'agents', 'restricted')", name=op.f("ck_knowledge_version_audience")
        ),
        sa.CheckConstraint(
            "status <> 'approved' OR live_from IS NOT NULL",
            name=op.f("ck_knowledge_version_approved_is_dated"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'unit_review', 'region_review', 'centre_review', 'returned', 'approved', 'discarded')",
            name=op.f("ck_knowledge_version_status"),
        ),
        sa.CheckConstraint(
            "live_to IS NULL OR live_to >= live_from", name=op.f("ck_knowledge_version_window")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["identity_account.id"],
            name=op.f("fk_knowledge_version_author_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["knowledge_category.id"],
            name=op.f("fk_knowledge_version_category_id_knowledge_category"),
        ),
        sa.ForeignKeyConstraint(
            ["matter_code"],
            ["knowledge_matter.code"],
            name=op.f("fk_knowledge_version_matter_code_knowledge_matter"),
        ),
        sa.ForeignKeyConstraint(
            ["point_id"], ["knowledge_point.id"], name=op.f("fk_knowledge_version_point_id_knowledge_point")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["identity_region.code"],
            name=op.f("fk_knowledge_version_region_code_identity_region"),
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["knowledge_version.id"],
            name=op.f("fk_knowledge_version_superseded_by_knowledge_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_version")),
        sa.UniqueConstraint("id", "author_id", name=op.f("uq_knowledge_version_id_author_id")),
        sa.UniqueConstraint("point_id", "number", name=op.f("uq_knowledge_version_point_id_number")),
    )
    with op.batch_alter_table("knowledge_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_version_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_version_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_version_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_version_matter_code"), ["matter_code"], unique=False)
        batch_op.create_index("ix_knowledge_version_queue", ["status", "filed_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_knowledge_version_superseded_by"), ["superseded_by"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_knowledge_version_supersedes_code"), ["supersedes_code"], unique=False
        )
        batch_op.create_index(
            "uq_knowledge_version_open",
            ["point_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('draft', 'unit_review', 'region_review', 'centre_review')"),
            postgresql_where=sa.text("status IN ('draft', 'unit_review', 'region_review', 'centre_review')"),
        )

    op.create_table(
        "notices_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["identity_account.id"],
            name=op.f("fk_notices_notice_account_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_notice")),
    )
    with op.batch_alter_table("notices_notice", schema=None) as batch_op:
        batch_op.create_index("ix_notices_notice_inbox", ["account_id", "read_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_notice_subject"), ["subject"], unique=False)

    op.create_table(
        "tickets_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets_ticket.id"], name=op.f("fk_tickets_event_ticket_id_tickets_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets_event")),
        sa.UniqueConstraint("ticket_id", "seq", name=op.f("uq_tickets_event_ticket_id_seq")),
    )
    op.create_table(
        "ingestion_row",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("raw", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("problems", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("diff", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "status IN ('new', 'changed', 'unchanged', 'duplicate', 'error')",
            name=op.f("ck_ingestion_row_status"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["ingestion_batch.id"],
            name=op.f("fk_ingestion_row_batch_id_ingestion_batch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "row", name=op.f("pk_ingestion_row")),
    )
    with op.batch_alter_table("ingestion_row", schema=None) as batch_op:
        batch_op.create_index("ix_ingestion_row_status", ["batch_id", "status", "row"], unique=False)

    op.create_table(
        "knowledge_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("remarks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(reviewer_id IS NULL) = (decision = 'pass')", name=op.f("ck_knowledge_review_reviewer")
        ),
        sa.CheckConstraint(
            "decision IN ('approve', 'return', 'pass')", name=op.f("ck_knowledge_review_decision")
        ),
        sa.CheckConstraint("reviewer_id <> author_id", name=op.f("ck_knowledge_review_four_eyes")),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["identity_account.id"],
            name=op.f("fk_knowledge_review_reviewer_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id", "author_id"],
            ["knowledge_version.id", "knowledge_version.author_id"],
            name="fk_knowledge_review_version",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_review")),
    )
    with op.batch_alter_table("knowledge_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_review_reviewer_id"), ["reviewer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_review_version_id"), ["version_id"], unique=False)

    op.create_table(
        "knowledge_version_author",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["identity_account.id"],
            name=op.f("fk_knowledge_version_author_account_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["knowledge_version.id"],
            name=op.f("fk_knowledge_version_author_version_id_knowledge_version"),
        ),
        sa.PrimaryKeyConstraint("version_id", "account_id", name=op.f("pk_knowledge_version_author")),
    )
    # ### end Alembic commands ###
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_table("knowledge_version_author")
    with op.batch_alter_table("knowledge_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_review_version_id"))
        batch_op.drop_index(batch_op.f("ix_knowledge_review_reviewer_id"))

    op.drop_table("knowledge_review")
    with op.batch_alter_table("ingestion_row", schema=None) as batch_op:
        batch_op.drop_index("ix_ingestion_row_status")

    op.drop_table("ingestion_row")
    op.drop_table("tickets_event")
    with op.batch_alter_table("notices_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_notice_subject"))
        batch_op.drop_index("ix_notices_notice_inbox")

    op.drop_table("notices_notice")
    with op.batch_alter_table("knowledge_version", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_knowledge_version_open",
            sqlite_where=sa.text("status IN ('draft', 'unit_review', 'region_review', 'centre_review')"),
            postgresql_where=sa.text("status IN ('draft', 'unit_review', 'region_review', 'centre_review')"),
        )
        batch_op.drop_index(batch_op.f("ix_knowledge_version_supersedes_code"))
        batch_op.drop_index(batch_op.f("ix_knowledge_version_superseded_by"))
        batch_op.drop_index("ix_knowledge_version_queue")
        batch_op.drop_index(batch_op.f("ix_knowledge_version_matter_code"))
        batch_op.drop_index(batch_op.f("ix_knowledge_version_category_id"))
        batch_op.drop_index(batch_op.f("ix_knowledge_version_batch_id"))
        batch_op.drop_index(batch_op.f("ix_knowledge_version_author_id"))

    op.drop_table("knowledge_version")
    op.drop_table("knowledge_matter_region")
    with op.batch_alter_table("ingestion_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ingestion_batch_unit_id"))
        batch_op.drop_index(batch_op.f("ix_ingestion_batch_status"))
        batch_op.drop_index(batch_op.f("ix_ingestion_batch_account_id"))

    op.drop_table("ingestion_batch")
    with op.batch_alter_table("identity_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_session_account_id"))

    op.drop_table("identity_session")
    with op.batch_alter_table("identity_account_role", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_identity_account_role_officer",
            sqlite_where=sa.text("officer = 1"),
            postgresql_where=sa.text("officer"),
        )

    op.drop_table("identity_account_role")
    with op.batch_alter_table("tickets_ticket", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_ticket_unit")
        batch_op.drop_index("ix_tickets_ticket_queue")
        batch_op.drop_index(batch_op.f("ix_tickets_ticket_decision_id"))

    op.drop_table("tickets_ticket")
    with op.batch_alter_table("knowledge_point", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_point_unit_id"))
        batch_op.drop_index("ix_knowledge_point_touched")

    op.drop_table("knowledge_point")
    with op.batch_alter_table("knowledge_matter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_matter_unit_id"))
        batch_op.drop_index(batch_op.f("ix_knowledge_matter_category_id"))

    op.drop_table("knowledge_matter")
    with op.batch_alter_table("knowledge_category_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_category_unit_unit_id"))

    op.drop_table("knowledge_category_unit")
    op.drop_table("identity_token")
    with op.batch_alter_table("identity_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_account_unit_id"))

    op.drop_table("identity_account")
    with op.batch_alter_table("channels_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channels_message_decision_id"))
        batch_op.drop_index("ix_channels_message_conversation")

    op.drop_table("channels_message")
    with op.batch_alter_table("answering_shown", schema=None) as batch_op:
        batch_op.drop_index("ix_answering_shown_version")
        batch_op.drop_index(batch_op.f("ix_answering_shown_decision_id"))

    op.drop_table("answering_shown")
    with op.batch_alter_table("identity_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_unit_region_code"))
        batch_op.drop_index(batch_op.f("ix_identity_unit_parent_id"))

    op.drop_table("identity_unit")
    op.drop_table("core_audit_seal")
    with op.batch_alter_table("answering_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answering_decision_decision"))
        batch_op.drop_index(batch_op.f("ix_answering_decision_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_answering_decision_at"))

    op.drop_table("answering_decision")
    op.drop_table("regulations_supplied_number")
    op.drop_table("regulations_profile_revision")
    with op.batch_alter_table("regulations_continuation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_regulations_continuation_profile"))

    op.drop_table("regulations_continuation")
    op.drop_table("regulations_calendar_override")
    op.drop_table("regulations_announced_year")
    op.drop_table("knowledge_word")
    with op.batch_alter_table("knowledge_category", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_category_parent_id"))

    op.drop_table("knowledge_category")
    op.drop_table("identity_role")
    with op.batch_alter_table("identity_requester", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_requester_phone_fingerprint"))

    op.drop_table("identity_requester")
    op.drop_table("identity_region")
    with op.batch_alter_table("core_outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_core_outbox_waiting")

    op.drop_table("core_outbox")
    op.drop_table("core_idempotency")
    op.drop_table("core_counter")
    with op.batch_alter_table("core_audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_core_audit_subject"))
        batch_op.drop_index(batch_op.f("ix_core_audit_action"))

    op.drop_table("core_audit")
    op.drop_table("answering_conversation")
    # ### end Alembic commands ###
