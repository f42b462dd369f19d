# SPDX-License-Identifier: EUPL-1.2
"""Pages as HTML: templates that escape everything and refuse a name they were not given."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.forms import token_of
from dashboard.theme import THEMES
from dashboard.visit import HOME, Mistake, Page, Visit
from dashboard.words import NAMES, Words

HOME_FOLDER = Path(__file__).parent
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Static:
    """A file that pages load, kept in memory; its name with its digest may be kept for ever."""

    body: bytes
    media_type: str
    digest: str


def load_static(folder: Path = HOME_FOLDER / "static") -> dict[str, Static]:
    """Everything that pages load; nothing else has an address under /-/static/."""
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in MEDIA_TYPES:
            body = path.read_bytes()
            digest = sha256(body).hexdigest()[:16]
            files[path.name] = Static(body, MEDIA_TYPES[path.suffix], digest)
    return files


@dataclass(frozen=True, slots=True)
class Renderer:
    """Templates per language: what they say is bound to the language once, not per page."""

    environments: Mapping[str, Environment]

    def html(self, page: Page, visit: Visit) -> str:
        """The whole page."""
        template = self.environments[visit.language].get_template(page.template)
        signed_in = visit.reader is not None
        return template.render(
            signed_in=signed_in,
            path=visit.path,
            back_to=visit.back_to,
            chosen_theme=visit.theme,
            token=lambda form: token_of(visit.seed, form),
            **{"errors": (), **page.data},
        )


def make_renderer(words: Mapping[str, Words], static: Mapping[str, Static]) -> Renderer:
    """The renderer with its templates; they are compiled when first used."""
    return Renderer({name: _environment(said, static) for name, said in words.items()})


def _by_field(errors: Sequence[Mistake]) -> Mapping[str, object]:
    """The first thing wrong with each field, to stand beside it; nothing for the others."""
    found: dict[str, object] = defaultdict(str)
    for error in reversed(errors):
        found[error.field] = error.text
    return found


def _environment(words: Words, static: Mapping[str, Static]) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HOME_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        say=words.say,
        many=words.many,
        moment=words.moment,
        clock=words.clock,
        day=words.day,
        span=words.period,
        tick_word=words.tick,
        language=words.language,
        languages=tuple(NAMES.items()),
        home=HOME,
        themes=THEMES,
        dict_of=_by_field,
        theme=f"/-/static/theme.css?v={static['theme.css'].digest}",
        script=f"/-/static/kluis.js?v={static['kluis.js'].digest}",
        passkey_script=f"/-/static/passkey.js?v={static['passkey.js'].digest}",
    )
    return made
