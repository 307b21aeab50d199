"""The weights of ranking: learnt anew and compared with those that ship; the golden set decides whether they serve."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb_service.cli import running
from kb_service.cli.output import Json, report, say

if TYPE_CHECKING:
    from search.training.ranker import Candidates


def train_ranker(
    out: Annotated[Path, typer.Option(help="权重文件的去处")],
    questions: Annotated[
        list[Path], typer.Option(help="演示城市的问题 JSONL：id、text、relevant，可重复")
    ] = [],  # noqa: B006 - typer reads the default and never writes to it
    usage: Annotated[Path | None, typer.Option(help="kb train usage 导出的选用记录，一并学习")] = None,
    measuring: Annotated[Path | None, typer.Option(help="评测文件所在文件夹，只用来比较，不参与学习")] = None,
    seed: Annotated[int, typer.Option(help="随机种子")] = 7,
    as_json: Json = False,
) -> None:
    """学习排序权重，与随产品发布的权重比较；启用须经 kb golden 的检验用例把关。"""
    import tempfile

    from kb_service.core.errors import Invalid
    from kb_service.core.settings import get_settings
    from kb_service.demo import files
    from search.evaluation.rows import InputError
    from search.training import ranker
    from search.training.ranker_sets import measured_sets, prepare_ranker_sets

    settings = get_settings()
    if settings.data is None:
        raise Invalid("训练需要外部数据，请把 KB_DATA 设为它的文件夹。", code="data_not_set")
    points = Path(files.__file__).parent / "points"
    with tempfile.TemporaryDirectory() as folder:
        try:
            prepared = prepare_ranker_sets(settings.data, points, questions, Path(folder), seed)
            sets = ranker.collect(prepared, settings.encoder, say)
            if usage is not None:
                sets["usage"] = _chosen(usage)
            held_out = ranker.collect(measured_sets(measuring), settings.encoder, say) if measuring else {}
        except InputError as error:
            raise Invalid(str(error), code="cannot_measure") from error
        found = ranker.train_ranker(sets, out, held_out=held_out, seed=seed, say=say)
    report(found, as_json, _lines(found))


def _chosen(usage: Path) -> list["Candidates"]:
    """What people chose, asked again of the base of this installation."""
    from kb_service.core.clock import epoch
    from kb_service.knowledge.service.lookups import access_tokens
    from search.training.ranker import usage as chosen

    with running.runtime() as parts:
        ctx = running.system(parts)
        return chosen(parts.engine, usage, access_tokens(ctx.actor), epoch(ctx.now))


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{name}（{each['questions']} 问）：现用 {each['ships']['recall@1']:.3f} / {each['ships']['mrr@10']:.3f}，"
        f"学得 {each['learnt']['recall@1']:.3f} / {each['learnt']['mrr@10']:.3f}"
        for name, each in found["sets"].items()
    ]
    return [*lines, "学得的更好" if found["better"] else "现用的更好，不必启用"]
