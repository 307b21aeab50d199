"""`kb evaluate` and the API give the same hits and confidences: nothing is measured that is not served."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from kb_service.cli.main import app as kb
from kb_service.knowledge.service import reading
from search.embedding.factory import make_encoder
from search.engines.embedded import EmbeddedEngine
from tests.support.knowledge import faq
from tests.support.service import Service, serve

POINTS: tuple[tuple[str, str, list[str]], ...] = (
    ("怎样办理退休", "本人带身份证到市民之家三楼办理退休手续。", ["退休手续去哪办"]),
    ("社保卡丢失怎么补办", "先挂失，再带身份证到社保大厅补办。", ["社保卡掉了"]),
    ("失业金怎么领取", "办理失业登记后在网上申领失业保险金。", []),
    ("拖欠工资找谁投诉", "向劳动保障监察机构投诉。", ["老板不给工钱"]),
    ("灵活就业人员怎样交养老保险", "到税务窗口或者网上缴费。", []),
    ("居住证怎么申领", "居住满半年，带身份证和租房合同到派出所。", []),
)
QUESTIONS = (
    "怎样办理退休",
    "社保卡掉了咋弄",
    "工钱拿不到",
    "失业了能领钱吗",
    "住满多久办居住证",
    "明天下雨吗",
    "，。！",
)


def test_the_evaluation_s_hits_and_confidences_are_those_of_the_api(
    service: Service, bearer: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    engine = EmbeddedEngine(tmp_path / "with-vectors", make_encoder("builtin"))
    served = Service(service.world, replace(service.parts, engine=engine))
    codes = [
        service.world.publish(faq(title, answer, similar=similar)).code for title, answer, similar in POINTS
    ]
    served.index()
    corpus, queries, rows = (tmp_path / f"{name}.jsonl" for name in ("corpus", "queries", "rows"))
    corpus.write_text(_corpus(served, codes), "utf-8")
    asked = [{"id": f"q{n}", "text": text, "relevant": []} for n, text in enumerate(QUESTIONS)]
    queries.write_text("".join(json.dumps(each) + "\n" for each in asked), "utf-8")

    options = ["--corpus", corpus, "--queries", queries, "--encoder", "builtin", "--each", rows, "--json"]
    ran = CliRunner().invoke(kb, ["evaluate", "answering", *map(str, options)])
    assert ran.exit_code == 0, ran.output
    measured = [json.loads(line) for line in rows.read_text("utf-8").splitlines()]

    headers = bearer("agent")
    with TestClient(serve(served.parts), base_url="http://localhost") as client:
        for row in measured:
            answer = client.get("/api/v1/search", params={"q": row["text"]}, headers=headers).json()
            shown = [{"id": hit["code"], "confidence": hit["confidence"]} for hit in answer["hits"]]
            assert row["hits"] == shown, row["text"]
    assert sum(bool(row["hits"]) for row in measured) >= 4
    engine.close()


def _corpus(served: Service, codes: list[str]) -> str:
    """The base's points as rows of a corpus, in the order in which their changes reached the index."""
    with served.parts.database.read() as session:
        ctx = served.world.as_("agent")
        views = [reading.get_version(session, ctx, code, 1) for code in codes]
    rows = [
        {
            "id": view.code,
            "title": view.title,
            "body": view.content.passages()[0].text,
            "questions": [each for each in view.content.questions() if each != view.title],
            "type": view.type,
            "unit": view.unit_code,
        }
        for view in views
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
