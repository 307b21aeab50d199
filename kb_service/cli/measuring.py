"""Commands that measure and train. They write nothing to the service's database."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from kb_service.cli.output import Json, report, say

if TYPE_CHECKING:
    from kb_service.core.runtime import Runtime
    from search.engines.choice import EngineChoice
    from search.evaluation.answering import Asked

evaluate = typer.Typer(help="评测", no_args_is_help=True)
bench = typer.Typer(help="性能测量", no_args_is_help=True)
train = typer.Typer(help="训练", no_args_is_help=True)
Engine = Annotated[
    Literal["embedded", "elasticsearch"],
    typer.Option(help="检索引擎；elasticsearch 使用设置 KB_ELASTICSEARCH_* 所指的集群"),
]


@evaluate.callback()
@bench.callback()
@train.callback()
def _group() -> None:
    """Keeps the groups groups while they hold one command each."""


def _engine(name: Literal["embedded", "elasticsearch"]) -> "EngineChoice":
    """Measured in an index of its own, which is gone afterwards."""
    from kb_service.core.engines import engine_choice
    from kb_service.core.settings import get_settings

    return engine_choice(get_settings(), name)


@evaluate.command("retrieval")
def evaluate_retrieval(
    corpus: Annotated[Path, typer.Option(help="语料 JSONL：id、title、body，可有 questions、type、unit")],
    queries: Annotated[Path, typer.Option(help="问题 JSONL：id、text、relevant")],
    engine: Engine = "embedded",
    mode: Annotated[
        Literal["plain", "keyword", "vector", "hybrid", "all"],
        typer.Option(help="检索方式；plain 是作比较的现成做法：jieba 分词加 SQLite 全文检索"),
    ] = "all",
    encoder: Annotated[str, typer.Option(help="向量模型；默认取设置 KB_ENCODER")] = "",
    as_json: Json = False,
) -> None:
    """按语料和问题评测检索，走与对外服务相同的代码。"""
    from kb_service.core.errors import Invalid
    from kb_service.core.settings import get_settings
    from search.embedding.transformers import EncoderUnavailable
    from search.engines.errors import EngineError
    from search.evaluation.retrieval import evaluate_retrieval as run
    from search.evaluation.rows import InputError

    setting = encoder or get_settings().encoder
    try:
        found = run(corpus, queries, engine=_engine(engine), mode=mode, encoder=setting, say=say)
    except (InputError, EncoderUnavailable, EngineError) as error:
        raise Invalid(str(error), code="cannot_measure") from error
    report(found, as_json, _table(found))


@evaluate.command("answering")
def evaluate_answering(
    corpus: Annotated[Path, typer.Option(help="语料 JSONL：id、title、body，可有 questions、type、unit")],
    queries: Annotated[Path, typer.Option(help="问题 JSONL：id、text、relevant；没有答案的写 []")],
    engine: Engine = "embedded",
    encoder: Annotated[str, typer.Option(help="向量模型；默认取设置 KB_ENCODER")] = "",
    plot: Annotated[Path | None, typer.Option(help="把风险—覆盖曲线画成 SVG 文件")] = None,
    each: Annotated[Path | None, typer.Option(help="逐个问题写出命中和所示把握的 JSONL 文件")] = None,
    as_json: Json = False,
) -> None:
    """评测所示把握是否可信：能否分辨有无答案，说九成时是否九成正确。"""
    from kb_service.core.errors import Invalid
    from kb_service.core.settings import get_settings
    from search.embedding.transformers import EncoderUnavailable
    from search.engines.errors import EngineError
    from search.evaluation.answering import evaluate_answering as run
    from search.evaluation.rows import InputError

    setting = encoder or get_settings().encoder
    try:
        with ExitStack() as opened:
            write = opened.enter_context(_rows(each)) if each else None
            found = run(
                corpus, queries, engine=_engine(engine), encoder=setting, say=say, each=write, plot=plot
            )
    except (InputError, EncoderUnavailable, EngineError, OSError) as error:
        raise Invalid(str(error), code="cannot_measure") from error
    shown = [f"{key}: {value}" for key, value in found.items() if key != "risk_coverage"]
    report(found, as_json, shown)


@contextmanager
def _rows(path: Path) -> Iterator["Callable[[Asked], None]"]:
    with path.open("w", encoding="utf-8") as file:

        def write(asked: "Asked") -> None:
            hits = [{"id": code, "confidence": sure} for code, sure in asked.hits]
            row = {"id": asked.id, "text": asked.text, "hits": hits}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

        yield write


def _table(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, figures in found.items():
        if isinstance(figures, dict):
            shown = [f"{key} {value:.3f}" for key, value in figures.items() if isinstance(value, float)]
            lines.append(f"{name:<8} {'  '.join(shown)}")
    return lines


@bench.command("search")
def bench_search(
    points: Annotated[int, typer.Option(min=100, help="知识点数量")] = 100_000,
    queries: Annotated[int, typer.Option(min=10, help="查询次数")] = 2_000,
    engine: Engine = "embedded",
    encoder: Annotated[str, typer.Option(help="向量模型；默认取设置 KB_ENCODER")] = "",
    hostile: Annotated[bool, typer.Option("--hostile", help="只测恶意和怪异的查询，列出最慢的几条")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="与其他检索方案用同一批数据逐个对比")] = False,
    rebuild: Annotated[bool, typer.Option(help="是否也测量边检索边重建；数据量大时可省去")] = True,
    folder: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            writable=True,
            help="索引建在此文件夹并留着；已有同样规模的索引时不再建，只测检索",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """用固定种子生成知识点，测量建库、检索、发布到可检索的速度和内存。"""
    from kb_service.core.errors import Invalid, Unavailable
    from kb_service.core.settings import get_settings
    from search.bench.compare import compare as beside_others
    from search.bench.hostile import bench_hostile
    from search.bench.measure import bench_search as run
    from search.engines.errors import EngineError

    if (hostile or compare) and (folder is not None or not rebuild):
        raise Invalid(
            "--folder 和 --no-rebuild 不能与 --hostile、--compare 同用，请去掉其中一种。",
            code="cannot_measure",
        )
    setting = encoder or get_settings().encoder
    try:
        if compare:
            rows = beside_others(points, _engine(engine), queries=queries, encoder=setting, say=say)
            report({"points": points, "compared": rows}, as_json, _beside(rows))
            return
        chosen = _engine(engine)
        if hostile:
            found = bench_hostile(points, encoder=setting, queries=queries, say=say, engine=chosen)
        else:
            found = run(
                points,
                encoder=setting,
                queries=queries,
                folder=folder,
                say=say,
                engine=chosen,
                rebuild=rebuild,
            )
    except EngineError as error:
        raise Unavailable(str(error), code="cannot_measure") from error
    report(found, as_json, _slowest(found) if hostile else None)


def _beside(rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"{'':<24}{'建库 s':>10}{'p50 ms':>10}{'p95 ms':>10}{'内存 MB':>10}{'前十命中':>10}"]
    for row in rows:
        figures = ("build_s", "p50_ms", "p95_ms", "rss_mb", "recall")
        shown = (
            "".join(f"{row[key]:>12}" for key in figures) if "lacking" not in row else f"  {row['lacking']}"
        )
        lines.append(f"{row['name']:<24}{shown}")
    return lines


def _slowest(found: dict[str, Any]) -> list[str]:
    lines = [f"{key}: {value}" for key, value in found.items() if key != "slowest"]
    rows = [f"{each['ms']:>9.2f} ms  {each['characters']:>6} 字  {each['text']}" for each in found["slowest"]]
    return [*lines, *rows]


@contextmanager
def _empty_base(database: str, encoder: str, **changes: str) -> Iterator["Runtime"]:
    """In a folder that is gone afterwards; the database is SQLite's there unless one is named."""
    import tempfile

    from kb_service import app
    from kb_service.core.settings import get_settings

    settings = get_settings()
    with tempfile.TemporaryDirectory() as folder:
        own = {"var_dir": Path(folder), "database_url": database, "encoder": encoder or settings.encoder}
        parts = app.build_runtime(settings.model_copy(update=own | changes))
        try:
            app.prepare_database(parts)
            yield parts
        finally:
            parts.engine.close()
            parts.database.dispose()


@bench.command("import")
def bench_import(
    rows: Annotated[int, typer.Option(min=100, help="行数")] = 20_000,
    encoder: Annotated[str, typer.Option(help="向量模型；默认取设置 KB_ENCODER")] = "",
    database: Annotated[str, typer.Option(help="空的 PostgreSQL 库的地址；默认为临时的 SQLite 库")] = "",
    as_json: Json = False,
) -> None:
    """在空库里导入固定种子生成的文件，测量读取、检查、写入、建索引各步的速度。"""
    from ingestion.bench import bench_import as run

    with _empty_base(database, encoder) as parts:
        found = run(parts, rows, say)
    report(found, as_json)


@bench.command("service")
def bench_service(
    points: Annotated[int, typer.Option(min=100, help="知识点数")] = 20_000,
    agents: Annotated[int, typer.Option(min=1, max=500, help="同时输入的人数")] = 50,
    seconds: Annotated[int, typer.Option(min=5, max=600, help="测量的秒数")] = 60,
    encoder: Annotated[str, typer.Option(help="向量模型；默认取设置 KB_ENCODER")] = "",
    database: Annotated[str, typer.Option(help="空的 PostgreSQL 库的地址；默认为临时的 SQLite 库")] = "",
    as_json: Json = False,
) -> None:
    """在空库里发布知识点，重新启动服务，测量许多人同时边输入边检索的速度、启动时间和内存。"""
    from ingestion.bench_service import bench_service as run

    with _empty_base(database, encoder) as parts:
        found = run(parts, points, agents, seconds, say)
    report(found, as_json)


@bench.command("checks")
def bench_checks(
    points: Annotated[int, typer.Option(min=100, help="知识点数")] = 20_000,
    as_json: Json = False,
) -> None:
    """在临时的库里发布固定种子生成的知识点，测量夜间检查的速度和每一步占用的时间。"""
    from ingestion.bench_checks import bench_checks as run

    with _empty_base("", "none") as parts:
        found = run(parts, points, say)
    report(found, as_json)


@bench.command("tickets")
def bench_tickets(
    open_tickets: Annotated[int, typer.Option("--open", min=100, help="在办工单件数")] = 100_000,
    year: Annotated[int, typer.Option(min=100, help="一年的工单件数，含在办")] = 1_000_000,
    simulated: Annotated[int, typer.Option(min=100, help="由引擎模拟的件数，其余平移复制")] = 200_000,
    database: Annotated[str, typer.Option(help="空的 PostgreSQL 库的地址；默认为临时的 SQLite 库")] = "",
    as_json: Json = False,
) -> None:
    """在空库里装入模拟的工单，测量到期扫描、列表页和全年统计的速度。"""
    from kb_service.core.errors import Invalid
    from kb_service.insight.bench.filling import CITY, Plan
    from kb_service.insight.bench.measure import bench_tickets as run

    if year <= open_tickets:
        raise Invalid("--year 含在办工单，须大于 --open。", code="cannot_measure")
    plan = Plan(open_tickets, year - open_tickets, min(simulated, year))
    with _empty_base(database, "none", profile=CITY) as parts:
        found = run(parts, plan, say)
    report(found, as_json)


@train.command("embedding")
def train_embedding(
    out: Annotated[Path, typer.Option(help="模型文件的去处")],
    what: Annotated[
        Literal["shipping", "all"], typer.Option(help="只用可随产品发布的数据，或用全部")
    ] = "shipping",
    seed: Annotated[int, typer.Option(help="随机种子")] = 7,
    as_json: Json = False,
) -> None:
    """用 KB_DATA 中的数据训练内置向量模型。"""
    from kb_service.core.errors import Invalid
    from kb_service.core.settings import get_settings
    from kb_service.demo import files
    from search.training.embedding import train_embedding as run

    data = get_settings().data
    if data is None:
        raise Invalid("训练需要外部数据，请把 KB_DATA 设为它的文件夹。", code="data_not_set")
    points = Path(files.__file__).parent / "points"
    report(run(data, out, seed=seed, what=what, points=points, progress=say), as_json)


@train.command("confidence")
def train_confidence(
    measuring: Annotated[
        Path, typer.Option(help="评测文件所在文件夹，内有 answerable_policy、answerable_citizen")
    ],
    questions: Annotated[list[Path], typer.Option(help="演示城市的问题 JSONL：id、text、relevant，可重复")],
    out: Annotated[Path | None, typer.Option(help="模型文件的去处；默认替换随产品发布的文件")] = None,
    seed: Annotated[int, typer.Option(help="随机种子")] = 7,
    as_json: Json = False,
) -> None:
    """重新拟合命中结果的把握；修改排序权重或向量模型之后需要运行。"""
    from tempfile import TemporaryDirectory

    from kb_service.core.errors import Invalid
    from kb_service.core.settings import get_settings
    from kb_service.demo import files
    from search.evaluation.rows import InputError
    from search.ranking.confidence import CONFIDENCE_FILE
    from search.training.confidence import train_confidence as run
    from search.training.confidence_sets import prepare_sets

    data = get_settings().data
    if data is None:
        raise Invalid("训练需要外部数据，请把 KB_DATA 设为它的文件夹。", code="data_not_set")
    points = Path(files.__file__).parent / "points"
    with TemporaryDirectory(prefix="kb-train-") as folder:
        try:
            sets = prepare_sets(data, measuring, points, questions, Path(folder), seed)
            found = run(sets, out or CONFIDENCE_FILE, seed=seed, say=say)
        except InputError as error:
            raise Invalid(str(error), code="cannot_measure") from error
    report(found, as_json)
