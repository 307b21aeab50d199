"""Which supervision of a ticket's history is which among the supervisions of all matters."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base


class TicketSupervision(Base):
    """`number` counts the supervisions of the ticket's history, from 1; none where the rules that the ticket
    keeps do not know this one. `seq` is the last step of the supervision that the ticket knows of.
    """

    __tablename__ = "tickets_supervision"

    supervision_id: Mapped[int] = mapped_column(ForeignKey("supervision_supervision.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), index=True)
    number: Mapped[int | None]
    seq: Mapped[int] = mapped_column(default=0)
