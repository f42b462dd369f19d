# SPDX-License-Identifier: EUPL-1.2
"""Every way to spoil a token or a proof (T-20, T-21, T-22)."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OKPKey, RSAKey
from multidict import CIMultiDict

from identity.tokens.dpop import digest_of
from tests.identity.forge import WITHOUT, Forge, b64, compact, headers
from tests.people import BASE

Spoil = Callable[[Forge], CIMultiDict[str]]
OTHER = ECKey.generate_key("P-256")
P384 = ECKey.generate_key("P-384")
RSA = RSAKey.generate_key(2048)
SMALL_RSA = RSAKey.import_key(rsa.generate_private_key(65537, 1024))  # noqa: S505 - too small on purpose


def token(**claims: Any) -> Spoil:
    return lambda forge: headers(forge.token(**claims), forge.proof())


def token_head(key: object = "own", **header: object) -> Spoil:
    return lambda forge: headers(forge.token(header, key), forge.proof())  # type: ignore[arg-type]  # keys of any kind


def proof(**claims: Any) -> Spoil:
    return lambda forge: headers(forge.token(), forge.proof(**claims))


def proof_head(key: object = "own", **header: object) -> Spoil:
    return lambda forge: headers(forge.token(), forge.proof(header, key))  # type: ignore[arg-type]  # keys of any kind


def at(seconds: int, *names: str, of: str = "token") -> Spoil:
    def spoil(forge: Forge) -> CIMultiDict[str]:
        moment: dict[str, Any] = dict.fromkeys(names, forge.now // 1000 + seconds)
        if of == "proof":
            return headers(forge.token(), forge.proof(**moment))
        return headers(forge.token(**moment), forge.proof())

    return spoil


def text(make: Callable[[Forge], tuple[str | None, str | None]], scheme: str = "DPoP") -> Spoil:
    return lambda forge: headers(*make(forge), scheme)


def added(name: str, value: Callable[[Forge], str]) -> Spoil:
    def spoil(forge: Forge) -> CIMultiDict[str]:
        given = headers(forge.token(), forge.proof())
        given.add(name, value(forge))
        return given

    return spoil


def swapped(jwt: str, part: int, value: str) -> str:
    parts = jwt.split(".")
    parts[part] = value
    return ".".join(parts)


def flipped(jwt: str) -> str:
    head, body, signature = jwt.split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def public(key: ECKey | RSAKey | OKPKey) -> dict[str, object]:
    return dict(key.as_dict(private=False))


BAD_TOKENS: dict[str, Spoil] = {
    "RS-1 two Authorization headers": added("Authorization", lambda f: f"DPoP {f.token()}"),
    "RS-1 longer than 8 KiB": token(more="x" * 9000),
    "RS-2 a bound token as Bearer": text(lambda f: (f.token(), None), "Bearer"),
    "RS-2 a bound token as Bearer with its proof": text(lambda f: (f.token(), f.proof()), "Bearer"),
    "RS-2 an unbound token as Bearer": text(lambda f: (f.token(cnf=WITHOUT), None), "Bearer"),
    "RS-2 garbage as Bearer": text(lambda f: ("garbage", None), "Bearer"),
    "RS-2 Basic": text(lambda f: ("YTpi", f.proof()), "Basic"),
    "RS-2 no scheme": text(lambda f: ("", f.proof()), ""),
    "RS-3 two parts": text(lambda f: (f.token().rsplit(".", 1)[0], f.proof())),
    "RS-3 five parts": text(lambda f: (f.token() + ".AA.AA", f.proof())),
    "RS-3 padding": text(lambda f: (f.token() + "=", f.proof())),
    "RS-3 bytes that are no text": text(lambda f: (f.token() + "\udcff", f.proof())),
    "RS-3 letters beyond ASCII": text(lambda f: (f.token() + "é", f.proof())),
    "RS-3 a header that is a list": text(lambda f: (swapped(f.token(), 0, b64(b"[]")), f.proof())),
    "RS-3 claims that are no JSON": text(lambda f: (swapped(f.token(), 1, b64(b"{")), f.proof())),
    "RS-3 claims nested very deep": text(
        lambda f: (swapped(f.token(), 1, b64(b"[" * 2000)), f.proof())
    ),
    "T-22 alg none": token_head(None, alg="none"),
    "T-22 alg none with a signature": token_head(alg="none"),
    "T-22 alg missing": token_head(alg=WITHOUT),
    "T-22 alg a list": token_head(alg=["ES256"]),
    "T-22 HS256 with the public key": lambda f: headers(
        f.token({"alg": "HS256"}, f.tokens.as_pem(private=False)), f.proof()
    ),
    "T-22 ES384 by another key": token_head(P384, alg="ES384"),
    "T-22 RS256 by another key": token_head(RSA, alg="RS256"),
    "T-22 crit": token_head(crit=["b64"], b64=False),
    "T-22 kid missing": token_head(kid=WITHOUT),
    "T-22 kid a path": token_head(kid="../../../dev/null"),
    "T-22 kid of another key": token_head(OTHER, kid=OTHER.thumbprint()),
    "T-22 our kid, another key": token_head(OTHER),
    "T-22 a key brought in the header": token_head(OTHER, jwk=public(OTHER), kid=WITHOUT),
    "T-22 a key brought beside our kid": token_head(OTHER, jwk=public(OTHER)),
    "T-22 jku": token_head(OTHER, jku="https://evil.example/jwks"),
    "T-22 a proof as token": text(lambda f: (f.proof(), f.proof())),
    "T-22 typ missing": token_head(typ=WITHOUT),
    "T-22 typ of a receipt": token_head(typ="JOSE"),
    "T-22 a token inside a token": lambda f: headers(
        compact({"alg": "ES256", "typ": "at+jwt", "cty": "JWT"}, {"jwt": f.token()}, f.tokens),
        f.proof(),
    ),
    "RS-11 signature changed": text(lambda f: (flipped(f.token()), f.proof())),
    "RS-11 signature empty": text(lambda f: (f.token().rsplit(".", 1)[0] + ".", f.proof())),
    "RS-11 signature of zeros": text(lambda f: (swapped(f.token(), 2, b64(b"\0" * 64)), f.proof())),
    "RS-4 webid missing": token(webid=WITHOUT),
    "RS-4 webid no address": token(webid="mailto:an@voorbeeld.example"),
    "RS-4 webid a list": token(webid=[f"{BASE}an/profile/card#me"]),
    "RS-4 iss missing": token(iss=WITHOUT),
    "RS-4 iss of another": token(iss="https://idp.example/"),
    "T-23 iss without its slash": token(iss=BASE[:-1]),
    "T-24 aud missing": token(aud=WITHOUT),
    "T-24 aud of another": token(aud="https://app.example/"),
    "T-24 aud a longer word": token(aud="solidarity"),
    "T-24 aud a list without solid": token(aud=["https://app.example/", "solids"]),
    "RS-4 expired": at(-61, "exp"),
    "RS-4 exp missing": token(exp=WITHOUT),
    "RS-4 exp a text": token(exp="1999999999"),
    "RS-4 exp true": token(exp=True),
    "RS-4 iat missing": token(iat=WITHOUT),
    "RS-4 iat in the future": at(120, "iat"),
    "RS-4 exp beyond all numbers": token(exp=1e308),
    "RS-4 lives longer than a day": at(86_401, "exp"),
    "RS-4 not yet": at(120, "nbf"),
    "RS-7 cnf missing": token(cnf=WITHOUT),
    "RS-7 cnf without jkt": token(cnf={}),
    "RS-7 bound to another key": token(cnf={"jkt": OTHER.thumbprint()}),
    "RS-10 names nothing that could end": token(grant=WITHOUT),
}
BAD_PROOFS: dict[str, Spoil] = {
    "RS-1 two proofs": added("DPoP", lambda f: f.proof()),
    "RS-6 no proof": text(lambda f: (f.token(), None)),
    "RS-6 garbage": text(lambda f: (f.token(), "garbage")),
    "RS-6 bytes that are no text": text(lambda f: (f.token(), f.proof() + "\udcff")),
    "RS-6 longer than 8 KiB": proof(more="x" * 9000),
    "RS-6 two proofs in one header": text(lambda f: (f.token(), f"{f.proof()}, {f.proof()}")),
    "RS-6 typ missing": proof_head(typ=WITHOUT),
    "RS-6 typ of a token": proof_head(typ="at+jwt"),
    "RS-6 alg none": proof_head(None, alg="none"),
    "RS-6 HS256": proof_head(b"secret", alg="HS256"),
    "RS-6 EdDSA of another key": proof_head(alg="EdDSA"),
    "RS-6 alg of another key": proof_head(alg="ES384"),
    "RS-6 RS256 with a curve": proof_head(alg="RS256"),
    "RS-6 ES256 with RSA": proof_head(RSA, jwk=public(RSA)),
    "RS-6 crit": proof_head(crit=["exp"]),
    "RS-6 jwk missing": proof_head(jwk=WITHOUT),
    "RS-6 jwk a text": proof_head(jwk="key"),
    "RS-6 jwk a list": proof_head(jwk=[]),
    "RS-6 jwk without y": proof_head(jwk={"kty": "EC", "crv": "P-256", "x": "AA"}),
    "RS-6 jwk off the curve": proof_head(
        jwk={"kty": "EC", "crv": "P-256", "x": b64(b"\1" * 32), "y": b64(b"\1" * 32)}
    ),
    "RS-6 jwk on another curve": proof_head(
        jwk={"kty": "EC", "crv": "secp256k1", "x": b64(b"\1" * 32), "y": b64(b"\1" * 32)}
    ),
    "RS-6 jwk with numbers": proof_head(jwk={"kty": "EC", "crv": "P-256", "x": 1, "y": 2}),
    "T-22 jwk with its private half": lambda f: headers(
        f.token(), f.proof({"jwk": f.client.as_dict(private=True)})
    ),
    "T-22 jwk a shared secret": proof_head(b"secret", alg="HS256", jwk={"kty": "oct", "k": "AA"}),
    "T-22 jwk a shared secret for ES256": proof_head(jwk={"kty": "oct", "k": "AA"}),
    "T-22 RSA of 1024 bits": proof_head(SMALL_RSA, alg="RS256", jwk=public(SMALL_RSA)),
    "RS-6 signed by another key": proof_head(OTHER),
    "RS-6 signature changed": text(lambda f: (f.token(), flipped(f.proof()))),
    "RS-6 signature one byte short": text(
        lambda f: (f.token(), swapped(f.proof(), 2, b64(b"\1" * 63)))
    ),
    "RS-6 htm missing": proof(htm=WITHOUT),
    "RS-6 htm of another": proof(htm="PUT"),
    "RS-6 htm in lower case": proof(htm="get"),
    "RS-6 htu missing": proof(htu=WITHOUT),
    "RS-6 htu of another path": proof(htu=f"{BASE}an/werk/ander.ttl"),
    "RS-6 htu of another host": proof(htu="http://evil.example/an/werk/loon.ttl"),
    "RS-6 htu of another scheme": proof(htu="https://localhost:3000/an/werk/loon.ttl"),
    "RS-6 htu of another port": proof(htu="http://localhost:3001/an/werk/loon.ttl"),
    "RS-6 htu with a user": proof(htu="http://localhost:3000@evil.example/an/werk/loon.ttl"),
    "RS-6 htu the path alone": proof(htu="/an/werk/loon.ttl"),
    "RS-6 htu a list": proof(htu=[f"{BASE}an/werk/loon.ttl"]),
    "RS-6 htu with another in its query": proof(htu=f"{BASE}x?/an/werk/loon.ttl"),
    "RS-6 iat missing": proof(iat=WITHOUT),
    "RS-6 iat a text": proof(iat="1"),
    "RS-6 iat true": proof(iat=True),
    "RS-6 iat beyond all numbers": proof(iat=1e308),
    "RS-6 iat too old": at(-121, "iat", of="proof"),
    "RS-6 iat in the future": at(62, "iat", of="proof"),
    "RS-6 jti missing": proof(jti=WITHOUT),
    "RS-6 jti empty": proof(jti=""),
    "RS-6 jti a number": proof(jti=7),
    "RS-6 jti of 10 KB": proof(jti="x" * 4000),
    "RS-6 jti of 257 characters": proof(jti="x" * 257),
    "RS-6 ath of another token": proof(ath=digest_of("eyJhbGciOiJFUzI1NiJ9.e30.AA")),
    "RS-6 ath empty": proof(ath=""),
    "RS-6 ath null": proof(ath=None),
}
