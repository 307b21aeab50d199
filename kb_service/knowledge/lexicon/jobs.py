"""Background work of the dictionary."""

from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.lexicon.service import dictionary


def cut_anew(parts: Runtime) -> int:
    return dictionary.cut_anew(parts.database, parts.clock)


JOBS = (Job("words.recut", "词典变更后重新切分相关知识点", 2.0, cut_anew),)
