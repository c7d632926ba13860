"""Text from elsewhere, for a place that takes Markdown: an id, a name of a file, a header, a link. It is
shown as it is and does nothing.

For HTML ``html.escape`` does the same, and for the words in a figure `aion.explorer.figures.theme.as_label`.
"""

import re

_JOINER = "\u2060"
"""Has no width. It stands only where letters would else be taken together for a picture or a link after all
escapes are resolved."""
_APART = re.compile(
    r"(?<=:)(?=(?!\d\d:)[\w+-]+:|material/|//)"  # :smile: and :material/home:, and the address behind https:
    r"|(?<=www)(?=\.)|(?<=[\w.+-]@)(?=[\w-])"  # other addresses that become links
    # arrows and signs that are drawn for two or three letters
    r"|(?<!\S[<>~-])(?<=[<>~-])(?=(?:->|[>=-])(?!\S))"
)
_MARKS = re.compile(
    r"[\\`*\[\]<>$~&]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it is no mark
    r"|:(?=[^\W\d_])"  # :red[...]
    r"|^[-+=#]"  # a list, a heading, a rule
)
_LIST_NUMBER = re.compile(r"^(\d+)([.)])")


def as_text(text: object) -> str:
    """Markdown that shows these letters in one line."""
    line = " ".join(str(text).split())
    return _LIST_NUMBER.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", _APART.sub(_JOINER, line)))


def sentence(message: str) -> str:
    """With a capital, unless it begins with a name, and a full stop."""
    first = message.split(maxsplit=1)[0] if message else ""
    text = (
        message[:1].upper() + message[1:] if first.replace("-", "").isalpha() and first.islower() else message
    )
    return text if text.endswith((".", "?", "!")) else f"{text}."
