"""``python -m docs.generators``: write them anew."""

from __future__ import annotations

from docs.generators.pages import pages


def main() -> None:
    """Write every page, where it differs from what stands there."""
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
