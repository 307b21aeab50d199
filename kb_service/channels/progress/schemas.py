"""What a requester sends to look up a request."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kb_service.core.typed import Typed


class LookUpIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] = Field(
        description="工单编号"
    )
    proof: Annotated[Typed, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] = Field(
        description="登记时留的电话、电话后四位，或登记时得到的查询码"
    )
