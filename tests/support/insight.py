"""People who look at what the requests of a city tell."""

from tests.support.service import Service

STAFF = (
    ("chief", "U-ZX", "supervisor"),
    ("street", "U-HBJD", "unit_leader"),
    ("police", "U-GAJ", "unit_leader"),
    ("labour", "U-RSJ", "unit_leader"),
    ("district", "U-DHQ", "district_officer"),
)


def add_staff(service: Service) -> None:
    for login, unit, role in STAFF:
        service.world.employ(login, unit, role)
