"""A city small enough to reason about: a centre, two departments, a county and its town."""

from kb_service.core.context import Context
from kb_service.core.db import Database
from kb_service.identity.schemas import RegionIn, UnitIn
from kb_service.identity.service import people, shipped

REGION_FIELDS = ("code", "name", "level", "parent_code")
UNIT_FIELDS = ("code", "name", "parent_code", "region_code", "level", "kind")
REGIONS = (
    ("990000", "云溪市", "city", None),
    ("990101", "东湖区", "county", "990000"),
    ("990102", "西岭县", "county", "990000"),
    ("990101001", "湖滨街道", "town", "990101"),
)
UNITS = (
    ("U-ZX", "市政务服务便民热线中心", None, "990000", 1, "centre"),
    ("U-RSJ", "市人力资源和社会保障局", None, "990000", 2, "department"),
    ("U-GAJ", "市公安局", None, "990000", 2, "department"),
    ("U-DHQ", "东湖区人民政府", None, "990101", 2, "county"),
    ("U-HBJD", "湖滨街道办事处", "U-DHQ", "990101001", 3, "town"),
)


def small_city(database: Database, ctx: Context) -> None:
    with database.write() as session:
        shipped.ensure_roles(session, ctx)
        for row in REGIONS:
            people.add_region(
                session, ctx, RegionIn.model_validate(dict(zip(REGION_FIELDS, row, strict=True)))
            )
        for unit in UNITS:
            people.save_unit(session, ctx, UnitIn.model_validate(dict(zip(UNIT_FIELDS, unit, strict=True))))
