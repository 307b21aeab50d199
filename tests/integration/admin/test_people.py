"""The pages of notices, the roster, staff, handing over and changes of units."""

from io import BytesIO

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from kb_service.notices.model import Absence, Delivery, Shift
from tests.integration.admin.conftest import Visit
from tests.support.console import account_for_each_role, text_of
from tests.support.knowledge import faq
from tests.support.service import Service


def count(service: Service, model: type) -> int:
    with service.parts.database.read() as session:
        return len(session.execute(select(model)).all())


def test_wishes_and_an_absence_are_kept(visit: Visit, service: Service) -> None:
    visitor = visit("zx_reviewer")
    assert "没有登记请假" in text_of(visitor.get("/inbox/settings"))
    form = {
        "digest_at": "17:00",
        "addresses.mail": "an@city.example",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
    }
    assert visitor.post("/inbox/settings", form).status_code == 303
    shown = visitor.get("/inbox/settings").text
    assert 'value="17:00"' in shown and 'value="an@city.example"' in shown
    wrong = visitor.post("/inbox/settings", form | {"addresses.mail": "不是邮箱"})
    assert wrong.status_code == 422 and "邮箱地址格式不符" in text_of(wrong)
    absence = {"starts_at": "2026-11-23T09:00", "ends_at": "2026-11-27T18:00", "stand_in": "zx_second"}
    assert visitor.post("/inbox/absences", absence).status_code == 303
    assert "我请假，zx_second代办" in text_of(visitor.get("/inbox/settings"))
    assert "zx_reviewer请假，由我代办" in text_of(visit("zx_second").get("/inbox/settings"))
    with service.parts.database.read() as session:
        number = session.execute(select(Absence.id)).scalar_one()
    assert visitor.post(f"/inbox/absences/{number}/end").status_code == 303
    assert "没有登记请假" in text_of(visitor.get("/inbox/settings"))


def test_a_shift_is_set_shown_and_handed_over(visit: Visit, service: Service) -> None:
    keeper = visit("zx_manager")
    assert "此刻无人值班" in text_of(keeper.get("/roster"))
    form = {"duty": "script_review", "day": "2026-11-20", "shift": "白班", "login": "zx_reviewer"}
    assert keeper.post("/roster/shifts", form).status_code == 303
    shown = text_of(visit("agent").get("/roster"))
    assert "此刻值班：zx_reviewer" in shown and "段时间无人值班" in shown
    assert keeper.post("/roster/shifts", form | {"shift": "上午"}).status_code == 422
    with service.parts.database.read() as session:
        number = session.execute(select(Shift.id)).scalar_one()
    hand = {"login": "zx_second", "duty": "script_review", "since": "2026-11-16"}
    assert visit("zx_reviewer").post(f"/roster/shifts/{number}/handover", hand).status_code == 303
    assert "此刻值班：zx_second" in text_of(keeper.get("/roster"))


def sheet(*rows: tuple[str, ...]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in (("日期", "值班类别", "班次", "人员", "备注"), *rows):
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_month_is_imported_from_a_table(visit: Visit, service: Service, kind: str) -> None:
    rows = [
        ("2026-12-01", "突发口径审核", "白班", "zx_reviewer、zx_second", ""),
        ("2026/12/2", "突发口径审核", "17:30-08:30", "zx_reviewer", "夜间"),
    ]
    text = "日期,值班类别,班次,人员,备注\n" + "\n".join(",".join(row) for row in rows)
    data = sheet(*rows) if kind == "xlsx" else text.encode("gb18030")
    files = {"file": (f"值班.{kind}", data, "application/octet-stream")}
    answer = visit("zx_manager").post("/roster/import", {}, files=files)
    assert answer.status_code == 303, text_of(answer)
    assert count(service, Shift) == 3


def test_a_wrong_table_is_refused_whole_with_the_row(visit: Visit, service: Service) -> None:
    wrong = sheet(
        ("2026-12-01", "突发口径审核", "白班", "zx_reviewer"),
        ("2026-12-01", "突发口径审核", "白班", "没有此人"),
    )
    files = {"file": ("值班.xlsx", wrong, "application/octet-stream")}
    answer = visit("zx_manager").post("/roster/import", {}, files=files)
    assert answer.status_code == 422 and "没有此人" in text_of(answer)
    assert count(service, Shift) == 0


def test_a_change_of_staff_is_filed_by_the_unit_and_acknowledged_by_the_office(visit: Visit) -> None:
    unit, office = visit("rsj_reviewer"), visit("zx_manager")
    assert "市人力资源和社会保障局" in text_of(unit.get("/staff"))
    form = {"unit": "U-RSJ", "post": "keeper", "effective_on": "2026-11-20", "login": "rsj_editor"}
    assert unit.post("/staff", form).status_code == 303
    assert "待备案" in text_of(office.get("/staff"))
    assert office.post("/staff/1/acknowledge").status_code == 303
    assert "已备案" in text_of(unit.get("/staff"))
    assert unit.post("/staff", form | {"login": "gaj_editor"}).status_code == 422


def test_an_account_in_use_leads_to_its_handover_before_it_is_closed(visit: Visit, service: Service) -> None:
    service.world.draft(faq())
    account_for_each_role(service, "U-ZX")
    officer = visit("role.system_officer")
    refused = officer.post("/accounts/rsj_editor/active", {"active": "0"})
    assert refused.headers["location"] == "/accounts/rsj_editor/handover"
    assert "怎样办理退休" in text_of(officer.get("/accounts/rsj_editor/handover"))
    form = {"to": "rsj_second", "reason": "离职", "close": "1"}
    assert officer.post("/accounts/rsj_editor/handover", form).status_code == 303
    assert "没有未交接的事" in text_of(officer.get("/accounts/rsj_editor/handover"))


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({"kind": "rename", "unit": "U-RSJ", "name": "市就业局"}, "市就业局"),
        ({"kind": "merge", "units": "U-RSJ", "into": "U-GAJ"}, "并入市公安局"),
        ({"kind": "split", "unit": "U-RSJ", "to": "U-GAJ", "categories": "C11"}, "划给市公安局"),
    ],
)
def test_a_change_of_units_is_previewed_and_confirmed(
    visit: Visit, service: Service, plan: dict[str, str], told: str
) -> None:
    service.world.publish(faq())
    account_for_each_role(service, "U-ZX")
    officer = visit("role.system_officer")
    assert "还没有机构调整" in text_of(officer.get(f"/units/changes?kind={plan['kind']}"))
    shown = officer.post("/units/changes/preview", plan)
    assert "1 条知识" in text_of(shown)
    fingerprint = shown.text.partition('name="fingerprint" value="')[2].partition('"')[0]
    done = officer.post("/units/changes", plan | {"reason": "机构改革", "fingerprint": fingerprint})
    assert done.status_code == 303, text_of(done)
    assert told in text_of(officer.get("/units/changes"))


def test_what_was_not_delivered_is_listed_and_sent_again(visit: Visit, service: Service) -> None:
    account_for_each_role(service, "U-ZX")
    now = service.parts.clock.now()
    with service.parts.database.write() as session:
        session.add(
            Delivery(
                key="notice-1-mail", account_id=1, outlet="mail", heading="【12345知识库】工单", body="工单 1 条",
                status="dead", attempts=8, next_at=now, created_at=now, ended_at=now, problem="对方接口返回 503",
            )
        )  # fmt: skip
    officer = visit("role.system_officer")
    assert "对方接口返回 503" in text_of(officer.get("/deliveries?status=dead"))
    assert officer.post("/deliveries/1/retry").status_code == 303
    assert "没有发送记录" in text_of(officer.get("/deliveries?status=dead"))
