"""Reading profile files: what is right loads, what is wrong is told with line, place and remedy."""

import textwrap
from pathlib import Path

import pytest

from kb_service.core.errors import NotFound
from kb_service.regulations import profiles
from kb_service.regulations.profiles import SHIPPED, ProfileInvalid, check_file, load
from kb_service.regulations.rule_tree import carried_rules
from kb_service.regulations.schema import Profile

SHAOGUAN = (SHIPPED / "shaoguan-2022.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def problems(file: Path) -> list[tuple[int, str, str]]:
    report = check_file(file, [SHIPPED, file.parent])
    return [(each.line, each.path, each.message) for each in report.problems]


def altered(folder: Path, old: str, new: str) -> tuple[Path, int]:
    """Shaoguan's file with one place changed, and the line of that place."""
    assert SHAOGUAN.count(old) >= 1
    text = SHAOGUAN.replace(old, new, 1)
    return write(folder, "shaoguan-2022", text), SHAOGUAN[: SHAOGUAN.index(old)].count("\n") + 1


CITIES = {
    "meizhou-2014": "MZ-",
    "shantou-2016": "ST-",
    "shaoguan-2022": "SG-",
    "taian-2025": "TA-",
    "xiangtan-2021": "XT-",
}


@pytest.mark.parametrize("profile_id", ["demo", *CITIES])
def test_a_shipped_profile_has_nothing_wrong(profile_id: str) -> None:
    report = check_file(SHIPPED / f"{profile_id}.yaml", [SHIPPED])
    assert report.ok, report.problems
    assert report.loaded is not None
    assert report.loaded.profile.id == profile_id


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("starts: received", "starts: recieved", "classes.consultation.limit.starts", "不在可选的值里"),
        ("allowed: true", "allowed: yes", "classes.consultation.answer_at_once.allowed", "true 或 false"),
        (
            "working_days: 2}",
            "working_days: 0}",
            "classes.consultation.limit.within.working_days",
            "不小于 1",
        ),
        ("working_days: 2}", "working_days: 两}", "classes.consultation.limit.within.working_days", "整数"),
        ("{working_days: 2}", "{working_days: 2, hours: 3}", "classes.consultation.limit.within", "只写一个"),
        ("label: 咨询", "lable: 咨询", "classes.consultation.lable", "是否想写“label”"),
        ("clause: SG-12.1", "clause: SG-121", "classes.consultation.answer_at_once", "是否想写“SG-12.1”"),
        ("clause: SG-12.1", "clause: XT-15.1", "classes.consultation.answer_at_once", "属于 xiangtan-2021"),
        ("day_ends: '24:00'", "day_ends: 24:00:00", "periods.day_ends", "'24:00'"),
        ("day_ends: '24:00'", "day_ends: '24:30'", "periods.day_ends", "'00:01' 到 '24:00'"),
        ("  from: 2022-11-04", "  from: 2026-11-04", "validity", "早于施行日期"),
        ("  from: 2022-11-04", "  from: 去年", "validity.from", "应为日期"),
        ("不在{city}的", "不在{town}的", "acceptance.grounds.jurisdiction.told", "{city} 和 {channel}"),
        ("不在{city}的", "不在{city的", "acceptance.grounds.jurisdiction.told", "花括号"),
        ("red_after: 2", "red_after: 0", "cards", "大于黄牌"),
        ("  consultation:", "  咨询:", "classes.咨询", "不在可选的值里"),
    ],
)
def test_a_mistake_is_told_with_its_place(folder: Path, old: str, new: str, path: str, message: str) -> None:
    file, line = altered(folder, old, new)
    found = problems(file)
    assert any(
        each_path == path and message in each_message and abs(each_line - line) <= 2
        for each_line, each_path, each_message in found
    ), found


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "空的"),
        ("- 一\n- 二\n", 0, "“键: 值”"),
        ("id: x\n  city: 乱\n", 2, "不是有效的YAML"),
        ("id: shaoguan-2022\ncity: 甲\ncity: 乙\n", 3, "写了两次"),
        ("id: shaoguan-2022\nvalidity: {from: 2026-02-30}\n", 2, "没有2026-02-30这一天"),
        ("id: &a shaoguan-2022\ncity: *a\n", 1, "锚点"),
        ("id: shaoguan-2022\nextends: nowhere\n", 2, "没有可沿用的档案"),
    ],
)
def test_a_file_that_is_no_profile_is_told_so(folder: Path, text: str, line: int, message: str) -> None:
    found = problems(write(folder, "shaoguan-2022", text))
    assert [(each_line, message in each_message) for each_line, _, each_message in found] == [(line, True)]


def test_a_file_of_another_name_is_told_so_and_all_else_that_is_wrong_with_it(folder: Path) -> None:
    name, *rest = problems(write(folder, "shaoguan-2022", "id: another\n"))
    assert (name[0], "与文件名" in name[2]) == (1, True)
    assert {path for _, path, _ in rest} >= {"city", "validity", "classes"}


def test_a_file_in_another_encoding_or_far_too_large_is_told_so(folder: Path) -> None:
    gbk, huge = folder / "gbk.yaml", folder / "huge.yaml"
    gbk.write_bytes("id: gbk\ncity: 韶关市\n".encode("gbk"))
    huge.write_text("# " + "x" * profiles.LARGEST_FILE)
    assert [message for _, _, message in problems(gbk)] == ["文件不是UTF-8编码，请另存为UTF-8后再试"]
    assert ["1MB" in message for _, _, message in problems(huge)] == [True]
    assert ["没有这个文件" in message for _, _, message in problems(folder / "absent.yaml")] == [True]


def test_profiles_that_extend_each_other_in_a_circle_are_refused(folder: Path) -> None:
    write(folder, "one", "id: one\nextends: two\n")
    file = write(folder, "two", "id: two\nextends: one\n")
    assert ["two → one → two" in message for _, _, message in problems(file)] == [True]


SIXTH = """\
    id: sixth
    extends: shaoguan-2022
    city: 第六市
    title: 第六市热线办法
    document_number: null
    validity: {from: 2026-01-01, to: null, clause: SG-33}
    classes:
      help:
        limit: {within: {hours: 36}, starts: signed, clause: SIX-4, article: 第四条}
    cards: null
    """


def test_what_extends_another_says_only_what_differs(folder: Path) -> None:
    write(folder, "sixth", SIXTH)
    profile = load("sixth", [SHIPPED, folder]).profile
    assert profile.classes["help"].limit.within.hours == 36
    assert profile.classes["help"].limit.within.working_days is None
    assert profile.classes["help"].limit.cited == "第四条"
    assert profile.classes["help"].label == "求助"
    assert profile.classes["report"].limit.within.working_days == 10
    assert profile.cards is None
    assert profile.extension is not None


def test_a_clause_of_no_list_needs_its_article(folder: Path) -> None:
    file = write(folder, "sixth", SIXTH.replace(", article: 第四条", ""))
    assert [(line, path) for line, path, _ in problems(file)] == [(9, "classes.help.limit")]


def test_a_deployments_file_goes_before_the_projects(folder: Path) -> None:
    altered(folder, "working_days: 2}", "working_days: 3}")
    profile = load("shaoguan-2022", [SHIPPED, folder]).profile
    assert profile.classes["consultation"].limit.within.working_days == 3


def test_an_unknown_profile_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="demo、meizhou-2014"):
        load("atlantis", [SHIPPED])


def test_a_wrong_profile_is_refused_with_every_problem(folder: Path) -> None:
    text = SHAOGUAN.replace("starts: received", "starts: never").replace("red_after: 2", "red_after: 0")
    write(folder, "shaoguan-2022", text)
    with pytest.raises(ProfileInvalid, match="starts") as refused:
        load("shaoguan-2022", [SHIPPED, folder])
    pointers = [each["pointer"] for each in refused.value.pointers]
    assert "/cards" in pointers
    assert "/classes/help/limit/starts" in pointers


def test_a_revision_changes_with_a_rule_and_only_then() -> None:
    profile = load("shaoguan-2022", [SHIPPED]).profile
    again = Profile.model_validate_json(profile.model_dump_json(by_alias=True, exclude_none=True))
    assert again == profile
    assert again.revision == profile.revision
    assert profile.model_copy(update={"city": "别处"}).revision != profile.revision


@pytest.mark.parametrize("profile_id", CITIES)
def test_every_rule_of_a_shipped_profile_names_a_clause_of_its_regulation(profile_id: str) -> None:
    carried = list(carried_rules(load(profile_id, [SHIPPED]).profile))
    assert len(carried) > 40
    assert all(clause.startswith(CITIES[profile_id]) for each in carried for clause in each.rule.clause)


def test_cases_of_the_same_id_take_their_cues_from_the_profile_named(folder: Path) -> None:
    profile = load("xiangtan-2021", [SHIPPED]).profile
    other = load("shaoguan-2022", [SHIPPED]).profile
    assert profile.recognition.supposed == other.recognition.supposed
    assert profile.acceptance.grounds["secrets"].cues == other.acceptance.grounds["secrets"].cues
    assert profile.emergency.numbers["119"].unless == other.emergency.numbers["119"].unless
    assert profile.acceptance.grounds["procedures"].cues != other.acceptance.grounds["procedures"].cues


def test_a_profile_whose_cues_should_come_from_nowhere_is_told_so(folder: Path) -> None:
    text = SHAOGUAN.replace("  look_at: 120", "  like: nowhere", 1)
    found = problems(write(folder, "shaoguan-2022", text))
    assert [(path, "nowhere" in message) for _, path, message in found] == [("recognition.like", True)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("within: {working_days: 2}", "within: {deployment: nothing}", "deployment 部分没有这个数字"),
        ("length: class_limit", "length: up_to", "要写 at_most"),
        ("within: own_limit", "within: period", "要写 period"),
        ("{working_days: 2}", "{working_days: 2, deployment: x}", "只写一个"),
    ],
)
def test_parts_that_do_not_go_together_are_told(folder: Path, old: str, new: str, message: str) -> None:
    file, _ = altered(folder, old, new)
    assert [message in each for _, _, each in problems(file)] == [True]


def test_a_number_that_is_no_length_of_time_cannot_be_a_period(folder: Path) -> None:
    text = (SHIPPED / "taian-2025.yaml").read_text(encoding="utf-8")
    wrong = text.replace("unit: working_days", "unit: times", 1)
    found = problems(write(folder, "taian-2025", wrong))
    assert ["单位应为" in message for _, _, message in found] == [True]
