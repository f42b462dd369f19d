// SPDX-License-Identifier: EUPL-1.2
// Passkeys need a script; nothing else on these pages does. The markup that this expects:
//
// Sign in (first step: data-passkey="sign-in"; after a password: data-passkey="second-step"):
//   <div hidden data-passkey="sign-in" data-at="/.account/login/passkey/" data-next="/-/…"
//     data-working="…" data-stopped="…" data-failed="…" data-unknown-passkey="…"
//     data-too-many-requests="…" data-challenge-over="…" data-second-step-over="…">
//     <p role="status" aria-live="polite"></p>
//     <button type="button" class="button">…</button>
//   </div>
// Add one in the settings; reloads the page, or goes to data-next when that is there:
//   <form hidden data-passkey="add" data-at="/.account/account/{account}/login/passkey/"
//     data-working="…" data-stopped="…" data-failed="…" data-known-passkey="…"
//     data-too-many-passkeys="…" data-sign-in-again="…" data-challenge-over="…">
//     <p role="status" aria-live="polite"></p>
//     <label for="passkey-name">…</label>
//     <input id="passkey-name" name="name" maxlength="64" required>
//     <button class="button">…</button>
//   </form>
// Included as <script src="/-/static/passkey.js?v=…" defer></script>. Whatever is hidden is shown
// when the browser can do passkeys. data-failed is the text for what has none of its own.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

class Told extends Error {}

const ask = async (address, sent) => {
  const given = { credentials: "same-origin", headers: { Accept: "application/json" } };
  if (sent) {
    given.method = "POST";
    given.headers["Content-Type"] = "application/json";
    given.body = JSON.stringify(sent);
  }
  const answer = await fetch(address, given);
  const data = await answer.json();
  if (answer.status === 429) throw new Told("too-many-requests");
  if (!answer.ok) throw new Told(data.details?.problem ?? "failed");
  return data;
};

const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

const described = (credential, response) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
});

const signIn = async (place) => {
  const step = place.dataset.passkey === "second-step" ? "?step=second" : "";
  const { options } = await ask(place.dataset.at + step);
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: named(options.allowCredentials),
  };
  const given = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = given.response;
  const credential = described(given, {
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  });
  await ask(place.dataset.at, { credential });
};

const add = async (place) => {
  const { options } = await ask(place.dataset.at + "?step=add");
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  const credential = described(made, {
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
  await ask(place.dataset.at, { name: place.elements.name.value, credential });
};

const kind = (error) => {
  if (error instanceof Told) return error.message;
  if (error.name === "InvalidStateError") return "known-passkey";
  return error.name === "NotAllowedError" || error.name === "AbortError" ? "stopped" : "failed";
};

const say = (place, problem) => {
  const words = problem.replace(/-./g, (pair) => pair[1].toUpperCase());
  place.querySelector("[role=status]").textContent = place.dataset[words] ?? place.dataset.failed;
};

const goOn = ({ next }) => {
  if (next?.startsWith("/-/")) location.assign(next);
  else location.reload();
};

const run = async (place, work) => {
  const button = place.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  say(place, "working");
  try {
    await work(place);
    goOn(place.dataset);
  } catch (error) {
    say(place, kind(error));
    button.disabled = false;
    button.focus();
  }
};

if (window.PublicKeyCredential) {
  for (const place of document.querySelectorAll("[data-passkey]")) {
    const adds = place.dataset.passkey === "add";
    place.addEventListener(adds ? "submit" : "click", (event) => {
      if (!adds && !event.target.closest("button")) return;
      event.preventDefault();
      run(place, adds ? add : signIn);
    });
    place.hidden = false;
  }
}
