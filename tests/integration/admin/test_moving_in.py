"""A batch from another system is confirmed in the console, by somebody who did not bring it in."""

from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.imports import apply, csv_file, row, stage
from tests.support.service import Service

PAST: dict[str, object] = {
    "原系统": "旧平台",
    "原编号": "A-17",
    "上传时间": "2024-03-01 09:30",
    "原审核人": "李四",
    "原审核时间": "2024-03-01 09:00",
}


def test_a_second_person_confirms_on_evidence_and_the_mover_cannot(visit: Visit, service: Service) -> None:
    world = service.world
    batch = stage(world, csv_file(row("甲", **PAST), row("乙", **PAST)), "旧库.csv", by="zx_manager")
    apply(world, batch.id, by="zx_manager")
    where = f"/move-in/{batch.id}"
    mover = visit("zx_manager")
    assert "待确认 2 条" in text_of(mover.get("/move-in"))
    assert "须由其他人确认" in text_of(mover.get(where))
    other = visit("zx_reviewer")
    page = text_of(other.get(where))
    assert "A-17" in page
    assert "2024-03-01 09:30" in page
    assert other.post(where, {}).headers["location"] == where
    done = other.post(where, {}, files={"evidence": ("批件.pdf", b"%PDF-1.7", "application/pdf")})
    assert done.headers["location"] == where
    assert "已确认" in text_of(other.get(where))
    assert other.get(f"{where}/evidence").content == b"%PDF-1.7"
    assert visit("rsj_editor").get("/move-in").status_code == 403
