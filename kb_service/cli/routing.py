"""Commands that train and measure how requests are sorted."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from kb_service.cli import running
from kb_service.cli.output import Json, report
from kb_service.core.errors import Invalid
from search.training.routing import Example

Seed = Annotated[int, typer.Option(help="随机种子；同样的数据和种子得到同样的结果")]
_NO_LIBRARY = "训练需要附加组件，请先安装：pip install 'kb-service[train]'。"


def evaluate_routing(
    train: Annotated[Path, typer.Option(help="训练样本 JSONL：id、text、label")],
    test: Annotated[Path, typer.Option(help="留出的样本 JSONL：id、text、label")],
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """用一份样本训练，用另一份样本评测归类是否正确、所示把握是否可信。"""
    from search.evaluation.routing import evaluate_routing as run
    from search.evaluation.rows import InputError

    try:
        found = run(train, test, seed=seed)
    except InputError as error:
        raise Invalid(str(error), code="cannot_measure") from error
    except ImportError as error:
        raise Invalid(_NO_LIBRARY, code="library_missing") from error
    report(found, as_json)


def train_routing(
    rows: Annotated[
        Path | None, typer.Option(help="样本 JSONL：id、text、label；默认取库中办结的工单")
    ] = None,
    label: Annotated[
        Literal["field", "class", "unit"], typer.Option(help="学什么：领域、诉求类型或承办单位")
    ] = "field",
    out: Annotated[Path | None, typer.Option(help="模型文件的去处；默认由本机的服务直接启用")] = None,
    own: Annotated[bool, typer.Option("--own", help="只用产品自带的数据，重做随产品发布的领域模型")] = False,
    seed: Seed = 7,
    as_json: Json = False,
) -> None:
    """训练归类模型。训练后服务对新的诉求即用新模型，不必重启。"""
    from kb_service.core.settings import get_settings
    from search.evaluation.rows import InputError
    from search.routing.model import save_model
    from search.training.routing import MESSAGES, OWN, TooFewRows
    from search.training.routing import train_routing as run

    target = out or get_settings().routing_dir / f"{label}.npz"
    source = "own" if own else rows.name if rows else "past requests"
    try:
        examples = _examples(rows, label, own=own)
        about = {"source": source, "label": label}
        model = run(examples, seed=seed, recipe=OWN if own else MESSAGES, about=about)
    except (InputError, TooFewRows) as error:
        raise Invalid(str(error), code="cannot_train") from error
    except ImportError as error:
        raise Invalid(_NO_LIBRARY, code="library_missing") from error
    save_model(model, target)
    report({"out": str(target), "labels": list(model.labels)} | model.about, as_json)


def _examples(rows: Path | None, label: Literal["field", "class", "unit"], *, own: bool) -> list[Example]:
    from kb_service.answering.routing import learning
    from kb_service.demo import files
    from search.evaluation.routing import examples_of
    from search.training.routing_own import own_examples

    if own:
        return own_examples(Path(files.__file__).parent)
    if rows is not None:
        return examples_of(rows)
    with running.runtime(search=False) as parts, parts.database.read() as session:
        return [Example(text, found) for text, found in learning.rows_to_train_on(session, label)]
