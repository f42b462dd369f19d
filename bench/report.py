# SPDX-License-Identifier: EUPL-1.2
"""The table of one bench run, printed and kept."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import orjson

from bench.cases import Case
from bench.wrk import Run

RESULTS = Path(__file__).with_name("results")
HEAD = ("case", "requests/s", "bare/s", "ratio", "CPU ms", "bare CPU ms", "ms each", "p99 ms", "")
START_WANTED, IDLE_WANTED = 2.0, 120.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One case: the rounds at Kluis and at the bare handler, in pairs."""

    case: Case
    kluis: tuple[Run, ...]
    bare: tuple[Run, ...]

    @property
    def ratio(self) -> float:
        return median(k.rate / b.rate for k, b in zip(self.kluis, self.bare, strict=True))

    @property
    def rate(self) -> float:
        return median(run.rate for run in self.kluis)

    def row(self) -> tuple[str, ...]:
        return (
            self.case.name,
            f"{self.rate:,.0f}",
            f"{median(run.rate for run in self.bare):,.0f}",
            f"{self.ratio:.3f}",
            f"{median(run.cpu_ms for run in self.kluis):.2f}",
            f"{median(run.cpu_ms for run in self.bare):.2f}",
            f"{1000 / self.rate:.2f}",
            f"{median(run.p99_ms for run in self.kluis):.1f}",
            self.verdict(),
        )

    def verdict(self) -> str:
        if self.case.ratio_wanted is not None:
            return said(self.ratio >= self.case.ratio_wanted, f"≥ {self.case.ratio_wanted}")
        if self.case.ms_wanted is not None:
            return said(1000 / self.rate < self.case.ms_wanted, f"< {self.case.ms_wanted:g} ms")
        return ""

    def as_json(self) -> dict[str, object]:
        return {
            "case": self.case.name,
            "ratio": round(self.ratio, 4),
            "rate": [round(run.rate, 1) for run in self.kluis],
            "bare_rate": [round(run.rate, 1) for run in self.bare],
            "cpu_ms": [round(run.cpu_ms, 4) for run in self.kluis],
            "bare_cpu_ms": [round(run.cpu_ms, 4) for run in self.bare],
            "p50_ms": [run.p50_ms for run in self.kluis],
            "p99_ms": [run.p99_ms for run in self.kluis],
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one bench run found out."""

    day: str
    start_seconds: tuple[float, ...]
    idle_mib: float
    end_mib: float
    cases: tuple[Measured, ...]

    def text(self) -> str:
        start = median(self.start_seconds)
        return "\n".join(
            [
                f"# Kluis {version('kluis')}, {self.day}",
                "",
                f"Python {platform.python_version()}, aiohttp {version('aiohttp')}, "
                f"{loop()}, {os.cpu_count()} cores shared by server and load.",
                "",
                *table([HEAD, *(measured.row() for measured in self.cases)]),
                "",
                f"- start to first answer: {start:.2f} s "
                + said(start < START_WANTED, f"< {START_WANTED:g} s"),
                f"- memory when idle: {self.idle_mib:.0f} MiB "
                + said(self.idle_mib < IDLE_WANTED, f"< {IDLE_WANTED:g} MiB"),
                f"- memory after all of the above: {self.end_mib:.0f} MiB",
                "",
            ]
        )

    def save(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        whole = {
            "day": self.day,
            "kluis": version("kluis"),
            "python": platform.python_version(),
            "start_seconds": [round(seconds, 3) for seconds in self.start_seconds],
            "idle_mib": round(self.idle_mib, 1),
            "end_mib": round(self.end_mib, 1),
            "cases": [measured.as_json() for measured in self.cases],
        }
        file = RESULTS / f"{self.day}.md"
        file.write_text(self.text(), encoding="utf-8")
        file.with_suffix(".json").write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))
        return file


def loop() -> str:
    return "uvloop" if find_spec("uvloop") else "asyncio's own loop"


def said(reached: bool, wanted: str) -> str:
    return f"({wanted}: {'yes' if reached else 'NO'})"


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """A Markdown table whose columns line up."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(pad(row, widths)) + " |" for row in rows]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:-1])]
    lines.insert(1, "| " + " | ".join([*rule, "-" * widths[-1]]) + " |")
    return lines


def pad(row: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *middle, last = row
    return [
        first.ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)),
        last.ljust(widths[-1]),
    ]
