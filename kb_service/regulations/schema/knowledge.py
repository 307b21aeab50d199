"""What a profile says about keeping the knowledge base."""

from pydantic import Field

from kb_service.regulations.schema.parts import Part, Period, Rule


class Filing(Rule):
    """Policies are filed before they are published; working days count back from the day of release."""

    at_least: Period = Field(title="最晚提前", description="How long before its release, at the latest.")
    at_most: Period | None = Field(
        None, title="最早提前", description="How long before its release, at the earliest."
    )
    early: bool = Field(
        False, title="过早即不符", description="Whether filing earlier than that counts against the unit."
    )
    document: Period = Field(
        title="正式文件上传", description="From the release, until the official document is uploaded."
    )


class ScriptFiling(Rule):
    at_once: bool = Field(title="即时报送", description="Whether the script on an event is due at once.")


class Correction(Rule):
    """From when the unit receives what the check found."""

    general: Period = Field(title="一般信息", description="For what misleads nobody at once.")
    serious: Period = Field(title="重大突发事件类", description="For major or sudden events.")


class Knowledge(Part):
    filing: Filing | None = Field(None, title="新政策报送", description="Policies before their release.")
    script: ScriptFiling | None = Field(
        None, title="应答口径报送", description="Answer scripts on major or sudden events."
    )
    correction: Correction | None = Field(None, title="错漏修正", description="Errors and omissions.")
