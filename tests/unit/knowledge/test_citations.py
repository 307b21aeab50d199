"""What a text rests on, and which articles it names."""

from kb_service.knowledge.supersession.rules import articles_in, citations, names_of, place_of, same_article


def test_numbers_titles_and_codes_of_points_are_citations() -> None:
    found = citations(
        {"type": "procedure", "basis": "根据云人社发[2024] 012 号和《失业保险办法（试行）》，另见K000123。"}
    )
    assert ("title", "失业保险办法") in found
    assert ("code", "K000123") in found
    assert any(kind == "number" and name.endswith("云人社发〔2024〕12号") for kind, name in found)


def test_a_document_does_not_cite_its_own_number() -> None:
    content = {"document_number": "云府〔2026〕3号", "full_text": "云府〔2026〕3号。依照云府〔2020〕8号。"}
    assert {name for kind, name in citations(content) if kind == "number"} == {"依照云府〔2020〕8号"}


def test_a_point_is_cited_by_its_title_and_by_what_its_title_encloses() -> None:
    names = names_of(
        "K1", "关于印发《停车收费办法（2024年修订）》的通知", {"document_number": "云发改〔2024〕5号"}
    )
    assert names == {
        ("code", "K1"),
        ("title", "关于印发《停车收费办法（2024年修订）》的通知"),
        ("title", "停车收费办法"),
        ("number", "云发改〔2024〕5号"),
    }


def test_the_place_of_a_citation_is_given_as_evidence() -> None:
    names = names_of("K1", "停车收费办法", {})
    assert "依据《停车收费办法》第三条" in place_of({"answer": "收费依据《停车收费办法》第三条执行。"}, names)


def test_articles_are_known_however_they_are_written() -> None:
    assert articles_in("第三条、第 12 条和第五条之一") == ("第三条", "第12条", "第五条之一")
    assert same_article("第十二条", "第12条")
    assert not same_article("第五条", "第五条之一")
    assert not same_article("", "第五条")
