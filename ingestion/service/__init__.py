"""Use cases of imports: stage a file, look at what it would do, apply it, take it back."""

from ingestion.readers.table import Limits
from ingestion.service.applying import Applied, Undone, apply, cancel, undo
from ingestion.service.correcting import Correction, RowDetail, correct, give_defaults, row_detail
from ingestion.service.dry_run import dry_run_file
from ingestion.service.offering import template_choices
from ingestion.service.reading import batch, batches, error_file, preview
from ingestion.service.runs import Stopped
from ingestion.service.staging import carry_on, recheck, stage
from ingestion.service.store import FileStore, is_large
from ingestion.views import BatchView, Counts, RowView

__all__ = [
    "Applied",
    "BatchView",
    "Correction",
    "Counts",
    "FileStore",
    "Limits",
    "RowDetail",
    "RowView",
    "Stopped",
    "Undone",
    "apply",
    "batch",
    "batches",
    "cancel",
    "carry_on",
    "correct",
    "dry_run_file",
    "error_file",
    "give_defaults",
    "is_large",
    "preview",
    "recheck",
    "row_detail",
    "stage",
    "template_choices",
    "undo",
]
