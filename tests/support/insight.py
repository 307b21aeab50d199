"""People who look at what the requests of a city tell."""

from kb_service.core.context import SYSTEM, Context
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import people
from tests.support.service import Service

STAFF = (
    ("chief", "U-ZX", "supervisor"),
    ("street", "U-HBJD", "unit_leader"),
    ("police", "U-GAJ", "unit_leader"),
    ("labour", "U-RSJ", "unit_leader"),
    ("district", "U-DHQ", "district_officer"),
)


def add_staff(service: Service) -> None:
    with service.parts.database.write() as session:
        ctx = Context(SYSTEM, service.parts.clock.now())
        for login, unit, role in STAFF:
            data = AccountIn(
                login=login, name=login, unit_code=unit, roles=[role], password="a-long-password"
            )
            people.add_account(session, ctx, data, password_hash="-")
