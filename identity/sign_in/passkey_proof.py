# SPDX-License-Identifier: EUPL-1.2
"""What a browser is asked for a passkey, and whether its answer holds (WebAuthn §7)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as NoSuchCurve
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from identity.sign_in.challenges import LIFE
from identity.sign_in.passkeys import Passkey
from pod.errors import Refused, Unreadable
from pod.iri import Iri

CREATE, GET = "webauthn.create", "webauthn.get"
LONGEST_ID, LONGEST_KEY, LONGEST_TEXT = 1023, 1024, 12_000
RSA_BITS = range(2048, 4097)
TRANSPORTS = frozenset(each.value for each in AuthenticatorTransport)
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# The library lets these out for CBOR of the wrong shape and for keys that are no points.
BROKEN = (WebAuthnException, InvalidSignature, NoSuchCurve, ValueError, TypeError, KeyError,
          IndexError, AttributeError, OverflowError)  # fmt: skip
VERIFIED = 0x04


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys hold: the host, and the one origin that a browser may name."""

    host: str
    origin: str


def place_of(base: Iri) -> Place:
    """The base URL is both: its host, and itself without the slash."""
    return Place(urlsplit(base).hostname or "", base[:-1])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, as far as it can be read before its challenge is known."""

    credential: Mapping[str, object]
    id: str
    challenge: str
    user: str | None
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a new passkey brings; texts of bytes are base64url."""

    credential: str
    public_key: str
    sign_count: int


def handle_of(account: str) -> bytes:
    """WebAuthn §14.6.1: what keys keep of the account tells nothing about anybody."""
    return sha256(b"kluis passkey of " + account.encode()).digest()


def text_of(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """The bytes of base64url without padding; ValueError for anything else."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if text_of(data) != text:
        raise ValueError("not base64url")
    return data


def adding_options(
    place: Place, challenge: str, account: str, name: str, known: Sequence[Passkey]
) -> dict[str, object]:
    """A key that its owner unlocks (finger, face, code), and that says whose it is by itself."""
    options = generate_registration_options(
        rp_id=place.host,
        rp_name="Kluis",
        user_id=handle_of(account),
        user_name=name,
        user_display_name=name,
        challenge=bytes_of(challenge),
        timeout=LIFE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(known),
        supported_pub_key_algs=ALGORITHMS,
    )
    return dict(options_to_json_dict(options))


def sign_in_options(place: Place, challenge: str, known: Sequence[Passkey]) -> dict[str, object]:
    """Without `known` the key itself says whose it is; after a password only those known do."""
    wanted = (
        UserVerificationRequirement.PREFERRED if known else UserVerificationRequirement.REQUIRED
    )
    options = generate_authentication_options(
        rp_id=place.host,
        challenge=bytes_of(challenge),
        timeout=LIFE,
        allow_credentials=_descriptors(known),
        user_verification=wanted,
    )
    return dict(options_to_json_dict(options))


def _descriptors(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes_of(each.credential),
            transports=[AuthenticatorTransport(name) for name in each.transports],
        )
        for each in known
    ]


def read_answer(sent: object, kind: str, place: Place) -> Answer:
    """Unreadable for what no browser sends; Refused for what was made elsewhere."""
    credential = _object(sent, "credential")
    response = _object(credential.get("response"), "response")
    try:
        data = bytes_of(_text(response, "clientDataJSON"))
        client = _object(orjson.loads(data), "clientDataJSON")
        id_ = _text(credential, "id")
        if len(bytes_of(id_)) > LONGEST_ID or credential.get("rawId") != id_:
            raise Unreadable("The passkey's id is not one.")
        user = response.get("userHandle")
        handle = text_of(bytes_of(_text(response, "userHandle"))) if user else None
    except ValueError as error:
        raise Unreadable("The passkey's answer is not in the form that browsers send.") from error
    _require_here(client, kind, place)
    return Answer(credential, id_, _text(client, "challenge"), handle, _transports(response))


def _object(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is required and is an object.")
    return value


def _text(given: Mapping[str, object], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isascii():
        raise Unreadable(f"{name} is required and is a text.")
    return value


def _transports(response: Mapping[str, object]) -> tuple[str, ...]:
    given = response.get("transports")
    named = given[:16] if isinstance(given, list) else []
    return tuple(sorted({each for each in named if isinstance(each, str)} & TRANSPORTS))


def _require_here(client: Mapping[str, object], kind: str, place: Place) -> None:
    """WebAuthn §7.1 and §7.2: the type, the origin, and not from within another site's page."""
    if client.get("type") != kind:
        raise _refused("The passkey answered something else than what was asked.")
    if client.get("origin") != place.origin or client.get("crossOrigin") not in (None, False):
        raise _refused("The passkey was used at another address than this server's.")


def check_new_key(answer: Answer, place: Place) -> NewKey:
    """The new key, when the answer holds. Nobody vouches for the maker: attestation is none."""
    try:
        made = verify_registration_response(
            credential=dict(answer.credential),
            expected_challenge=bytes_of(answer.challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        _require_usable(made.credential_public_key)
    except BROKEN as error:
        raise _refused("The new passkey does not hold.") from error
    if text_of(made.credential_id) != answer.id:
        raise _refused("The new passkey names another key than its own.")
    return NewKey(answer.id, text_of(made.credential_public_key), made.sign_count)


def _require_usable(key: bytes) -> None:
    """A key that cannot check a signature, or only slowly, would be noticed too late."""
    if len(key) > LONGEST_KEY:
        raise ValueError("too long a key")
    public = decoded_public_key_to_cryptography(decode_credential_public_key(key))
    if isinstance(public, EllipticCurvePublicKey):
        fits = isinstance(public.curve, SECP256R1)
    elif isinstance(public, RSAPublicKey):
        fits = public.key_size in RSA_BITS and public.public_numbers().e == 65537
    else:
        fits = isinstance(public, Ed25519PublicKey)
    if not fits:
        raise ValueError("a kind of key that is not asked for")


def check_signature(answer: Answer, place: Place, passkey: Passkey, *, first: bool) -> int:
    """The count of signatures that the key tells. `first`: nothing else proves who this is."""
    owner = text_of(handle_of(passkey.account))
    if answer.user != owner and (first or answer.user is not None):
        raise _refused("The passkey is not of the account that it names.")
    data = _authenticator_data(answer)
    if data[:32] != sha256(place.host.encode()).digest():
        raise _refused("The passkey was made for another host than this server's.")
    if first and not data[32] & VERIFIED:
        # Having the device is not enough when no password was given.
        raise _refused("The passkey must ask for a finger, a face or a code.")
    try:
        verified = verify_authentication_response(
            credential=dict(answer.credential),
            expected_challenge=bytes_of(answer.challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=bytes_of(passkey.public_key),
            # note_signature compares the counts, in the row itself.
            credential_current_sign_count=0,
            require_user_verification=first,
        )
    except BROKEN as error:
        raise _refused("The passkey's signature does not hold.") from error
    return verified.new_sign_count


def _authenticator_data(answer: Answer) -> bytes:
    response = _object(answer.credential.get("response"), "response")
    try:
        data = bytes_of(_text(response, "authenticatorData"))
    except ValueError as error:
        raise Unreadable("authenticatorData is not base64url.") from error
    if len(data) < 37:
        raise Unreadable("authenticatorData is too short.")
    return data


def _refused(detail: str) -> Refused:
    return Refused(detail, problem="passkey-refused", more={"problem": "passkey-refused"})
