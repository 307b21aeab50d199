"""The files the console's pages load: its own, those shared with other surfaces, and four npm packages."""

from pathlib import Path

from kb_service.core.pages.assets import SHARED, AssetFolder

HERE = Path(__file__).parent
PACKAGES = Path("node_modules")
VENDOR_FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap-icons.min.css": "bootstrap-icons/font/bootstrap-icons.min.css",
    "echarts.simple.min.js": "echarts/dist/echarts.simple.min.js",
    "fonts/bootstrap-icons.woff2": "bootstrap-icons/font/fonts/bootstrap-icons.woff2",
    "fonts/bootstrap-icons.woff": "bootstrap-icons/font/fonts/bootstrap-icons.woff",
}


def _packages() -> Path:
    """Beside the code in a checkout, else in the folder the service was started in."""
    beside = HERE.parent / PACKAGES
    return beside if beside.is_dir() else PACKAGES.absolute()


CONSOLE = AssetFolder.of("/static/console", HERE / "static")
VENDOR = AssetFolder("/static/vendor", {name: _packages() / source for name, source in VENDOR_FILES.items()})
FOLDERS = {"console": CONSOLE, "shared": SHARED, "vendor": VENDOR}
