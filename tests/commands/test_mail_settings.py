# SPDX-License-Identifier: EUPL-1.2
"""Where mail goes out: set by variables or a file, and the password shown nowhere."""

from pathlib import Path

import pytest

from commands.settings import WrongUsage, read_settings
from identity.letters.mail import Smtp, open_mailbox
from pod.instant import wall

SET = {
    "KLUIS_SMTP_HOST": "mail.example",
    "KLUIS_SMTP_PORT": "465",
    "KLUIS_SMTP_USER": "kluis",
    "KLUIS_SMTP_PASSWORD": "geheim-woord",
    "KLUIS_MAIL_FROM": "kluis@voorbeeld.example",
}


def test_the_password_is_not_shown() -> None:
    settings = read_settings({}, SET)

    assert settings.smtp_password == "geheim-woord"
    assert settings.smtp_port == 465
    assert "geheim-woord" not in repr(settings)
    assert "geheim-woord" not in repr(Smtp("h", password="geheim-woord"))


def test_mail_needs_a_sender() -> None:
    with pytest.raises(WrongUsage, match="mail_from"):
        read_settings({}, {"KLUIS_SMTP_HOST": "mail.example"})


def test_without_a_server_or_a_folder_there_is_no_mail(tmp_path: Path) -> None:
    assert open_mailbox(None, "", None, wall) is None
    assert open_mailbox(None, "", tmp_path, wall) is not None
    assert open_mailbox(Smtp("mail.example"), "k@voorbeeld.example", None, wall) is not None
