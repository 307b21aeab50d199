"""Use cases of imports: stage a file, look at what it would do, apply it, take it back."""

from ingestion.readers.table import Limits
from ingestion.service.applying import Applied, Undone, apply, cancel, undo
from ingestion.service.reading import batch, batches, error_file, preview
from ingestion.service.staging import recheck, stage
from ingestion.views import BatchView, Counts, RowView

__all__ = [
    "Applied",
    "BatchView",
    "Counts",
    "Limits",
    "RowView",
    "Undone",
    "apply",
    "batch",
    "batches",
    "cancel",
    "error_file",
    "preview",
    "recheck",
    "stage",
    "undo",
]
