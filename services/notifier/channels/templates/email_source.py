"""From an e-mail's blocks to the sources of its parts: MJML that becomes HTML, and plain text."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

import mjml
from jinja2 import Environment

from services.notifier.channels.templates.sources import Notice, TemplateSources
from services.notifier.domain.salutations import Language
from services.notifier.domain.templates import Block, EmailWords

BODY_MARK = "<!-- BODY -->"
_FRAME = (
    '<mj-table padding="8px 36px" font-size="16px" line-height="26px" color="#26323a">\n'
    '<tr><td style="padding:14px 18px;background:#f4f1ea;border-left:4px solid #d9a441;">'
    "{}</td></tr>\n</mj-table>"
)
_ARTICLES = (
    "<mj-raw>{% for article in articles %}</mj-raw>\n"
    '<mj-text mj-class="topic">{{ article.title }}</mj-text>\n'
    "<mj-text><p>{{ article.text }}</p></mj-text>\n"
    "<mj-raw>{% endfor %}</mj-raw>"
)
_PLAIN_ARTICLES = (
    "{% for article in articles %}\n{{ article.title }}\n{{ article.text }}\n\n{% endfor %}"
)


def html_source(
    words: EmailWords,
    notice: Notice,
    sources: TemplateSources,
    environment: Environment,
    language: Language,
) -> str:
    """Return the Jinja2 source of the HTML part. MJML is compiled here, once a template.

    Its root names the language, because a screen reader chooses its voice by it.
    """

    def literal(text: str) -> str:
        return _escaped(text, environment)

    page = (
        sources.html_layout.replace(BODY_MARK, "\n".join(_mjml(words.blocks, environment)))
        .replace("PREVIEW", literal(words.preview))
        .replace("REASON", literal(notice.reason))
        .replace("UNSUBSCRIBE", literal(notice.unsubscribe))
    )
    return str(mjml.mjml2html(page)).replace('lang="und"', f'lang="{language}"')


def text_source(words: EmailWords, notice: Notice, sources: TemplateSources) -> str:
    """Return the Jinja2 source of the plain text part. Plain text has no protected spaces."""
    body = "\n\n".join(filter(None, map(_plain, words.blocks)))
    return (
        sources.text_layout.replace(BODY_MARK, body)
        .replace("REASON", notice.reason)
        .replace("UNSUBSCRIBE", notice.unsubscribe)
        .replace("\u00a0", " ")
    )


def _mjml(blocks: Sequence[Block], environment: Environment) -> Iterator[str]:
    """Yield the body: headline, greeting, then the rest; text in a row shares one element."""

    def literal(text: str) -> str:
        return _escaped(text, environment)

    headlines = [block for block in blocks if block.kind == "headline"]
    for block in headlines:
        yield f'<mj-text mj-class="headline">{literal(block.text)}</mj-text>'
    padding = "6px 36px" if headlines else "30px 36px 6px"
    yield f'<mj-text padding="{padding}">{{{{ greeting }}}}</mj-text>'
    rest = [block for block in blocks if block.kind != "headline"]
    for is_text, row in groupby(rest, lambda block: block.kind in ("paragraph", "list")):
        if is_text:
            yield f"<mj-text>{''.join(_prose(block, environment) for block in row)}</mj-text>"
            continue
        for block in row:
            if block.kind == "articles":
                yield _ARTICLES
            elif block.kind == "button":
                yield f'<mj-button href="{{{{ links.answer }}}}">{literal(block.text)}</mj-button>'
            else:
                lines = [f"<strong>{literal(block.text)}</strong>", *map(literal, block.items)]
                yield _FRAME.format("<br />".join(lines))


def _prose(block: Block, environment: Environment) -> str:
    if block.kind == "paragraph":
        return _unless_empty("<p>", _escaped(block.text, environment), "</p>")
    items = (_unless_empty("<li>", _escaped(item, environment), "</li>") for item in block.items)
    return f"<ul>{''.join(items)}</ul>"


def _unless_empty(before: str, text: str, after: str) -> str:
    """Return the source of a text in its frame, without the frame if a condition leaves nothing."""
    if "{% if" not in text:
        return f"{before}{text}{after}"
    return (
        f"{{% set piece %}}{text}{{% endset %}}"
        f"{{% if piece | trim %}}{before}{{{{ piece }}}}{after}{{% endif %}}"
    )


def _escaped(text: str, environment: Environment) -> str:
    """Escape the words of a template for HTML, and leave its expressions as they stand."""
    return "".join(
        escape(part, quote=False).replace("\u00a0", "&#160;") if kind == "data" else part
        for _, kind, part in environment.lex(text)
    )


def _plain(block: Block) -> str:
    match block.kind:
        case "headline":
            return ""
        case "articles":
            return _PLAIN_ARTICLES
        case "button":
            return f"{block.text}:\n{{{{ links.answer }}}}"
        case "list":
            return "\n".join(map(_plain_item, block.items))
        case _:
            return "\n".join([_ended(block.text), *block.items])


def _plain_item(item: str) -> str:
    # A tag takes the line break behind it, and an item that is left out has none.
    return _unless_empty("\n- ", item, "\n") if "{% if" in item else f"- {item}"


def _ended(text: str) -> str:
    """Give a text that ends with a tag the line break that the tag takes."""
    return f"{text}\n" if text.endswith("%}") else text
