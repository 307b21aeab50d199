"""The risk–coverage curve as a picture: a small SVG, written by hand so that no library has to be installed."""

from collections.abc import Sequence
from html import escape
from typing import Final

WIDTH, HEIGHT = 640, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 40, 52
_LOOK: Final = 'role="img" font-family="sans-serif" font-size="12"'
_STEPS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_RISKS: Final = (0.05, 0.1, 0.2, 0.5, 1.0)


def risk_coverage_svg(curve: Sequence[tuple[float, float]], title: str) -> str:
    """`curve` is (share answered, share of it wrong), each in [0, 1]. Dashed lines stand at 5 % and 10 % wrong."""
    top = next(risk for risk in _RISKS if risk >= min(1.0, max((wrong for _, wrong in curve), default=0.0)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {_LOOK}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(WIDTH / 2, 22, title, "middle", 'font-size="14"'),
        *_axes(top),
        *(_guide(risk, top) for risk in (0.05, 0.1) if risk <= top),
    ]
    points = " ".join(f"{_x(share):.1f},{_y(wrong, top):.1f}" for share, wrong in curve)
    parts.append(f'<polyline points="{points}" fill="none" stroke="#0b6b63" stroke-width="2"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(risk: float, top: float) -> float:
    return _TOP + (1 - risk / top) * (HEIGHT - _TOP - _BOTTOM)


def _axes(top: float) -> list[str]:
    bottom, left = _y(0, top), _x(0)
    lines = [_line(left, bottom, _x(1), bottom), _line(left, bottom, left, _y(top, top))]
    along = [_text(_x(share), bottom + 18, f"{share:.0%}", "middle") for share in _STEPS]
    up = [_text(left - 8, _y(share * top, top) + 4, f"{share * top:.0%}", "end") for share in _STEPS]
    middle = (_TOP + bottom) / 2
    named = [
        _text((left + _x(1)) / 2, HEIGHT - 14, "答复的比例", "middle"),
        _text(16, middle, "其中答错的比例", "middle", f'transform="rotate(-90 16 {middle:.1f})"'),
    ]
    return [*lines, *along, *up, *named]


def _guide(risk: float, top: float) -> str:
    return _line(_x(0), _y(risk, top), _x(1), _y(risk, top), 'stroke-dasharray="4 4"')


def _line(x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#888" {more}/>'


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222" {more}>{escape(words)}</text>'
