"""The book as one PDF: Sphinx's single page, printed by Chromium."""

import re
from pathlib import Path

from mecpapers.companion import book, chromium, patience

_FOOTER = '<div style="font-size: 8px; width: 100%; text-align: center"><span class="pageNumber"></span></div>'

_TWICE = re.compile(rb"(?<=/Title )(\(|<FEFF)((?:[^()<>\\]|\\.)+?)\2([)>])")


_PAGE = "book/index.html"  # the theme's landing page only forwards to the root document, which holds the whole book


def inside(text: str) -> str:
    """The root document, moved to the top: links into the book stay in it, and what the PDF lacks is named, not linked.

    A link to another file would hold this machine's folder and lead nowhere elsewhere; data that the site keeps in the
    address of a link, no reader of PDFs opens.
    """
    text = re.sub(r'"(?:\.\./)+(_static|_images)/', r'"\1/', text).replace(f'href="{_PAGE}#', 'href="#')
    return re.sub(r'(<a\b[^>]*?) href="(?!#|https?:|mailto:)[^"]*"', r"\1", text)


def said_once(pdf: bytes) -> bytes:
    """The outline without the doubled names: Chromium doubles that of a heading which it moved to the next page.

    What is taken out becomes blanks behind the name, so that every object stays at its place in the file.
    """
    return _TWICE.sub(lambda m: m[1] + m[2] + m[3] + b" " * len(m[2]), pdf)


def write(root: Path) -> Path:
    """Build the book and print it to ``_build/mecpapers.pdf``.

    Raises
    ------
    RuntimeError
        If no Chromium can be had, or a link leads to a file of this machine.
    """
    from playwright.sync_api import sync_playwright

    browser_path = chromium.get()
    if browser_path is None:
        raise RuntimeError("pdf: no Chromium or Chrome can be had")
    book.build(root)
    pages, path = root / "_build" / "singlehtml", root / "_build" / "mecpapers.pdf"
    book.render(root / "_build" / "stage", pages, "singlehtml")
    (pages / "index.html").write_text(inside((pages / _PAGE).read_text(encoding="utf-8")), encoding="utf-8")
    with sync_playwright() as playwright:
        timeout = 1000 * patience.seconds(60)  # [ms]
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=list(chromium.ARGUMENTS), timeout=timeout
        )
        page = browser.new_page()
        page.set_default_timeout(timeout)
        page.goto((pages / "index.html").as_uri())
        page.evaluate("MathJax.startup.promise")
        page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")
        printed = page.pdf(
            format="A4",
            scale=0.8,  # 9.6 pt
            margin={"top": "15mm", "bottom": "15mm", "left": "15mm", "right": "15mm"},
            print_background=True,
            outline=True,
            tagged=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=_FOOTER,
        )
        browser.close()
    if b"/URI (file:" in printed:
        raise RuntimeError("pdf: a link leads to a file of this machine")
    path.write_bytes(said_once(printed))
    return path
