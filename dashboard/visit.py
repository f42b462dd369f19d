# SPDX-License-Identifier: EUPL-1.2
"""Who looks at a page, in which language, and what she sent; and what a page can answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from consent.house import House
from dashboard.forms import Form
from dashboard.words import Words
from identity.who import Who
from pod.errors import Missing
from pod.instant import Instant

CONSENT = frozenset({"consent"})
HOME = "/-/"
FROM_APPS = "/-/app/"
SETTINGS = "/-/settings"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is signed in, with the WebIDs of her account, her own first."""

    account: str
    webids: tuple[str, ...]
    signed_in: Instant | None
    acr: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page. `seed` is what its form tokens are made from (ui.md §9).

    `browser` is the secret of the browser that an app sent here (OP-25); `second_step` that of
    one in which a password was given and a passkey is still wanted.
    """

    path: str
    words: Words
    seed: str
    reader: Reader | None = None
    code: str = ""
    query: Form = field(default_factory=Form)
    form: Form = field(default_factory=Form)
    request_id: str = ""
    user_agent: str = ""
    address: str = ""
    session: str = ""
    browser: str = ""
    looks: bool = True
    raw_query: str = ""
    second_step: str = ""
    theme: str = ""

    @property
    def back_to(self) -> str:
        """The page to come back to: this one, or the one that the form stands on."""
        if self.looks:
            return self.path + (f"?{self.raw_query}" if self.raw_query else "")
        if self.form.one("notice"):
            kept: dict[str, object] = {"notice": self.form.one("notice")}
            kept |= {name: self.form.all(name) for name in ("give", "until", "count")}
            return f"{self.path}?{urlencode(kept, doseq=True)}"
        if self.path.startswith(FROM_APPS):
            return self.path
        if self.path.startswith(SETTINGS):
            return "/".join(self.path.split("/")[:4])
        if self.path.count("/") < 4:
            return HOME
        return self.path.rsplit("/", 1)[0]

    @property
    def to_sign_in(self) -> str:
        """Where to sign in, and come back with what was chosen (ui.md: keep the choices)."""
        return f"/-/sign-in?next={quote(self.back_to, safe='/')}"

    @property
    def lacks_pod(self) -> bool:
        """Whether she is signed in without a WebID, as after a first sign-in with a provider.

        Settings are of the account, and need none.
        """
        without = self.reader is not None and not self.reader.webids
        return without and not self.path.startswith(SETTINGS)

    def with_form(self, form: Form) -> "Visit":
        """The same visit with what was sent."""
        return replace(self, form=form)

    @property
    def language(self) -> str:
        return self.words.language

    def whos(self) -> tuple[Who, ...]:
        """The account's people, each as the consent functions know a caller (ui.md rule 9).

        A session is the person herself, so it may decide, as a token with that scope may (KC-2).
        """
        if self.reader is None:
            return ()
        return tuple(
            Who(
                webid=webid,
                scopes=CONSENT,
                signed_in=self.reader.signed_in,
                acr=self.reader.acr,
                request_id=self.request_id,
            )
            for webid in self.reader.webids
        )

    def as_one_of(self, webids: frozenset[str]) -> Who:
        """The account's person that is one of these; Missing when none is (KC-4)."""
        who = next((who for who in self.whos() if who.webid in webids), None)
        if who is None:
            raise Missing("There is nothing of yours by that name.")
        return who


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what stands in it.

    `form_action` is the one other origin that its forms may lead to (ui.md §9).
    """

    template: str
    data: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    form_action: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """303 to another page of ours, or back to an app, with cookies that this sets or ends."""

    address: str
    session: str | None = None
    ends_session: bool = False
    second_step: str | None = None
    language: str | None = None
    theme: str | None = None


Shown = Page | Away
Room = Callable[[House, Visit], Awaitable[Shown]]


@dataclass(frozen=True, slots=True)
class File:
    """A file that is being sent: its name, what the browser says it is, and its bytes."""

    name: str
    media_type: str
    pieces: Callable[[], AsyncIterator[bytes]]


FileRoom = Callable[[House, Visit, File | None], Awaitable[Shown]]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a field, for the summary and beside the field (ui.md §6)."""

    field: str
    text: object
