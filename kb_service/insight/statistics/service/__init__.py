"""Use cases of statistics."""

from kb_service.insight.statistics.service.counting import figures

__all__ = ["figures"]
