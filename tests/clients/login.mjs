// SPDX-License-Identifier: EUPL-1.2
// @inrupt/solid-client-authn-node, unmodified: register, sign in with a code, refresh, look at it.
import { EVENTS, Session } from "@inrupt/solid-client-authn-node";

import { env, expect, finish, step } from "./steps.mjs";

const issuer = env.KLUIS_ISSUER;
const back = "http://127.0.0.1:4999/back";
const jar = new Map();
const kept = new Map();
const storage = {
  get: async (key) => kept.get(key),
  set: async (key, value) => void kept.set(key, value),
  delete: async (key) => void kept.delete(key),
};
const session = new Session({ keepAlive: false, storage });
let client;
let refreshToken;
session.events.on(EVENTS.NEW_REFRESH_TOKEN, (token) => (refreshToken = token));

/** One request of the person's browser; it keeps cookies and follows nothing. */
async function browse(url, data) {
  const headers = {
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
    authorization: `CSS-Account-Token ${env.KLUIS_SESSION}`,
  };
  if (data !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(url, {
    method: data === undefined ? "GET" : "POST",
    headers,
    body: data === undefined ? undefined : JSON.stringify(data),
    redirect: "manual",
  });
  for (const line of answer.headers.getSetCookie()) {
    const [name, value] = line.split(";")[0].split("=");
    jar.set(name, value);
  }
  return answer;
}

async function say(what, data) {
  const answer = await browse(`${issuer}.account/oidc/${what}/`, data);
  expect(answer.status, 200);
  return (await answer.json()).location;
}

await step("register and ask to sign in", async () => {
  const asked = await new Promise((resolve, reject) => {
    session
      .login({
        oidcIssuer: issuer,
        redirectUrl: back,
        clientName: "Node app",
        handleRedirect: resolve,
      })
      .catch(reject);
  });
  client = [...kept.values()].map((text) => JSON.parse(text)).find((each) => each.clientId);
  const led = await browse(asked);
  expect(led.status, 303);
});

await step("the person says yes, the app gets tokens", async () => {
  await say("pick-webid", { webId: env.KLUIS_WEBID });
  const resume = await say("consent", { remember: true });
  const answer = await browse(resume);
  expect(answer.status, 303);
  const info = await session.handleIncomingRedirect(answer.headers.get("location"));
  expect(info.isLoggedIn, true);
  expect(info.webId, env.KLUIS_WEBID);
});

await step("read what is private", async () => {
  expect((await session.fetch(env.KLUIS_PRIVATE)).status, 200);
  expect((await fetch(env.KLUIS_PRIVATE)).status, 401);
});

await step("a later run goes on with the refresh token and a new key", async () => {
  const later = new Session({ keepAlive: false });
  const { clientId, clientSecret } = client;
  await later.login({ oidcIssuer: issuer, clientId, clientSecret, refreshToken });
  expect(later.info.webId, env.KLUIS_WEBID);
  expect((await later.fetch(env.KLUIS_PRIVATE)).status, 200);
});

await step("signed out by the person, the next request is refused", async () => {
  const index = await (await browse(`${issuer}.account/`)).json();
  await browse(index.controls.account.logout, {});
  expect((await session.fetch(env.KLUIS_PRIVATE)).status, 401);
});

finish();
process.exit();
