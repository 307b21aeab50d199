"""Writes docs/reference/settings.md from the settings themselves. Usage: python -m tools.settings_page"""

from pathlib import Path

from kb_service.core.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"
HEAD = """\
# Settings

Each setting is an environment variable. None has to be set to try the service; what a production
installation sets is told in the how-to pages. This page is written by `make docs`.

| variable | default | meaning |
|---|---|---|
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> str:
    prefix = str(Settings.model_config.get("env_prefix", ""))
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None) else f"`{field.default}`"
        variable = f"`{prefix}{name.upper()}`"
        rows.append(f"| {variable} | {_cell(default)} | {_cell(field.description or '')} |\n")
    return HEAD + "".join(rows)


def main() -> None:
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
