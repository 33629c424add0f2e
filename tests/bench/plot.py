# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plot with two logarithmic axes as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 530, 50, 360
# Colours and dashes that are told apart by everybody, on paper as well
STYLES = (("#d55e00", "2 4"), ("#e69f00", "8 4"), ("#0072b2", ""), ("#555555", "1 3"))

Points = Sequence[tuple[float, float]]


def log_log(title: str, across: str, lines: Mapping[str, Points]) -> str:
    """Lines by their names, points as (across, up); the title says what goes up."""
    xs = _decades([x for points in lines.values() for x, _y in points])
    ys = _decades([y for points in lines.values() for _x, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        part_x = (math.log10(x) - xs[0]) / (xs[-1] - xs[0])
        part_y = (math.log10(y) - ys[0]) / (ys[-1] - ys[0])
        return round(LEFT + part_x * (RIGHT - LEFT), 1), round(BOTTOM - part_y * (BOTTOM - TOP), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, TOP - 20, title, size=15),
        _text((LEFT + RIGHT) / 2, HEIGHT - 18, across, anchor="middle"),
    ]
    for decade in xs:
        x, _y = place(10**decade, 10 ** ys[0])
        parts += [_line([(x, TOP), (x, BOTTOM)], "#dddddd"), _text(x, BOTTOM + 20, f"{10**decade:,}", anchor="middle")]
    for decade in ys:
        _x, y = place(10 ** xs[0], 10**decade)
        parts += [_line([(LEFT, y), (RIGHT, y)], "#dddddd"), _text(LEFT - 8, y + 4, f"{10**decade:,}", anchor="end")]
    for number, ((name, points), (color, dash)) in enumerate(zip(lines.items(), STYLES)):
        placed = [place(x, y) for x, y in points]
        parts += [_line(placed, color, dash, 2.5)]
        parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{color}"/>' for x, y in placed]
        row = TOP + 10 + 24 * number
        parts += [_line([(RIGHT + 20, row), (RIGHT + 50, row)], color, dash, 2.5), _text(RIGHT + 58, row + 4, name)]
    return "\n".join([*parts, "</svg>", ""])


def _decades(values: Sequence[float]) -> list[int]:
    return list(range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1))


def _line(points: Points, color: str, dash: str = "", width: float = 1) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"{dashes}/>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" fill="#222222">{escape(text)}</text>'
