"""The periods in force here and now, by which units keep their knowledge."""

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.regulations import service as regulations
from kb_service.regulations.knowledge_rules import SILENT, KnowledgeRules, knowledge_rules


def periods(session: ReadSession, ctx: Context) -> KnowledgeRules:
    """The service's own targets where no profile is in force: knowledge is kept up all the same."""
    try:
        return knowledge_rules(regulations.current_profile(session, ctx))
    except Invalid:
        return SILENT
