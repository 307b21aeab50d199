"""Background work of exports."""

from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.knowledge.exports.service import taking


def sweep(parts: Runtime) -> int:
    return taking.sweep(parts.settings.var_dir / taking.FOLDER, parts.clock.now())


JOBS = (Job("exports.sweep", "清理没有取走的导出文件", 3_600.0, sweep),)
