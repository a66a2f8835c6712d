#!/usr/bin/env python3
"""Every relative link of a Markdown page leads to a file that is there."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"],
                            cwd=ROOT, capture_output=True, text=True).stdout.split()
    pages = [ROOT / name for name in listed] or list(ROOT.glob("docs/**/*.md"))
    broken = [f"{page.relative_to(ROOT)}: {target} is not there"
              for page in pages if page.exists()
              for target in LINK.findall(page.read_text(encoding="utf-8"))
              if not (page.parent / target).exists()]
    print("\n".join(broken) or f"{len(pages)} pages, no broken link")
    sys.exit(bool(broken) or not pages)


if __name__ == "__main__":
    main()
