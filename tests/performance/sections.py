"""The sections of docs/PERFORMANCE.md, each written by a command of its own."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "PERFORMANCE.md"


def with_section(page: str, section: str) -> str:
    """The page with the section in place of the one of its heading, or at its end."""
    heading = re.escape(section.splitlines()[0])
    others = re.sub(rf"^{heading}\n.*?(?=^## |\Z)", "", page, flags=re.MULTILINE | re.DOTALL)
    return f"{others.rstrip()}\n\n{section}"


def write(section: str) -> None:
    """Prints the section and puts it into the page."""
    print(section)
    PAGE.write_text(with_section(PAGE.read_text(), section))
    print(f"wrote the section of {PAGE.relative_to(ROOT)}")
