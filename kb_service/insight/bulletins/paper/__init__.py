"""Printing a bulletin: DOCX in the layout of GB/T 9704, XLSX with the numbers. The same content gives the same bytes."""

from kb_service.insight.bulletins.paper.document import document
from kb_service.insight.bulletins.paper.workbook import workbook

__all__ = ["document", "workbook"]
