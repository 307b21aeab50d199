"""Commands of the golden set, which is the gate of a release and of another model of vectors, and of usage."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kb_service.cli import running
from kb_service.cli.output import Json, report, say

if TYPE_CHECKING:
    from kb_service.knowledge.golden.service.running import RunView

golden = typer.Typer(help="检索检验用例", no_args_is_help=True)
Cause = Annotated[
    Literal["release", "by_hand"], typer.Option(help="release：发布前的检验；by_hand：平时手动运行")
]


@golden.callback()
def _group() -> None:
    """Keeps the group a group."""


@golden.command("run")
def run(
    cause: Cause = "release",
    encoder: Annotated[str, typer.Option(help="换用这个向量模型试：在临时索引里试，结果不记入历次检验")] = "",
    as_json: Json = False,
) -> None:
    """运行全部检验用例；有用例比上一次合格的检验退步时，退出码为 1。"""
    from dataclasses import asdict

    from kb_service.knowledge.golden.service import models
    from kb_service.knowledge.golden.service import running as golden_running

    with running.runtime() as parts:
        if encoder:
            tried = models.try_encoder(parts, encoder, say)
            lines = [f"{each.query}：{each.problem}" for each in tried]
            told = {"good": not tried, "encoder": encoder, "failures": [each.told() for each in tried]}
            report(told, as_json, lines or ["没有退步，可以换用"])
            good = not tried
        else:
            view = golden_running.run(parts.database, running.system(parts), parts.engine, cause)
            report(asdict(view), as_json, _lines(view))
            good = view.good
    if not good:
        raise typer.Exit(1)


@golden.command("serve-ranking")
def serve_ranking(
    login: Annotated[str, typer.Option(help="谁来换用：登录名，须有检索管理权限")],
    reason: Annotated[str, typer.Option(help="为什么换用")],
    file: Annotated[
        Path | None, typer.Option(help="kb train ranker 写出的权重文件；不填则换回随产品提供的权重")
    ] = None,
    override: Annotated[str, typer.Option(help="有检验用例不再通过而确需换用时的理由")] = "",
    as_json: Json = False,
) -> None:
    """换用训练出的排序权重：先通过检验用例，随后在所有进程中生效。"""
    from kb_service.core.errors import Invalid
    from kb_service.knowledge.golden.service import models
    from search.ranking.learned import LearnedRanker

    try:
        learnt = LearnedRanker.load(file) if file else None
    except (OSError, ValueError) as error:
        raise Invalid(str(error), code="cannot_read") from error
    with running.runtime() as parts, parts.database.write() as session:
        ctx = models.acting_as(session, login, parts.clock.now())
        row = models.serve_ranking(session, ctx, parts.engine, learnt, reason, override)
        told = {"id": row.id, "weights": row.weights, "reason": row.reason}
    report(told, as_json, ["已换用，正在生效"])


def _lines(view: "RunView") -> list[str]:
    lines = [f"第 {view.id} 次检验：{view.cases} 个用例，通过 {view.passed} 个"]
    lines += [
        f"{'退步' if each.regressed else '未达'}  “{each.query}”：{each.problem}" for each in view.failures
    ]
    return [*lines, "合格" if view.good else "不合格：有用例退步"]


def train_usage(
    out: Annotated[Path, typer.Option(help="JSONL 文件的去处：query、shown、chosen")], as_json: Json = False
) -> None:
    """导出人们从检索结果中选用了什么，供训练排序；不含个人信息。"""
    import json

    from kb_service.knowledge.learning import service

    rows = 0
    with (
        running.runtime(search=False) as parts,
        parts.database.read() as session,
        out.open("w", encoding="utf-8") as file,
    ):
        for row in service.training_rows(session, parts.clock.now()):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            rows += 1
    report({"out": str(out), "rows": rows}, as_json, [f"{rows} 行"])
