// SPDX-License-Identifier: EUPL-1.2
// Scripts for the account API of Community Solid Server 7: css-authn, unmodified, with the fetch
// of Node; and credentials made from the controls alone, used by @inrupt/solid-client-authn-node.
import { Session } from "@inrupt/solid-client-authn-node";
import { v7 } from "css-authn";

import { env, expect, finish, step } from "./steps.mjs";

const provider = env.KLUIS_BASE;
const email = "carol@voorbeeld.example";
const password = "carol";
let pod;
let webId;

async function refusal(action) {
  try {
    await action();
  } catch (error) {
    return String(error);
  }
  throw new Error("this should have been refused");
}

async function told(url, authorization, sent) {
  const headers = { "content-type": "application/json" };
  if (authorization) headers.authorization = `CSS-Account-Token ${authorization}`;
  const method = sent === undefined ? "GET" : "POST";
  const body = sent === undefined ? undefined : JSON.stringify(sent);
  const answer = await fetch(url, { method, headers, body });
  const data = await answer.json();
  expect([answer.status, data.statusCode], [200, undefined], `${method} ${url}`);
  return data;
}

await step("css-authn makes an account with a pod", async () => {
  const made = await v7.createAccount({ username: "carol", password, email, provider });
  pod = made.podUrl;
  webId = made.webId;
  expect(webId, `${pod}profile/card#me`, "WebID");
});

await step("css-authn signs in, and what it writes is private", async () => {
  const signedIn = await v7.getAuthenticatedFetch({ email, password, provider, webId });
  const note = `${pod}scripts/note.txt`;
  const headers = { "content-type": "text/plain" };
  expect((await signedIn(note, { method: "PUT", headers, body: "dag" })).status, 201, "PUT");
  expect(await (await signedIn(note)).text(), "dag", "note");
  expect((await fetch(note)).status, 401, "without a token");
});

await step("css-authn is told what is wrong in the words it knows", async () => {
  const wrong = { email, password: "niet dit", provider };
  const twice = { username: "dora", password, email, provider };
  expect(/ 403 /.test(await refusal(() => v7.getAuthenticatedFetch(wrong))), true, "403");
  const said = await refusal(() => v7.createAccount(twice));
  expect(/ 400 .*already is a login for/.test(said), true, said);
});

await step("credentials are made from the controls alone and sign the Inrupt library in", async () => {
  const index = `${provider}.account/`;
  const first = (await told(index)).controls;
  const { authorization } = await told(first.password.login, null, { email, password });
  const mine = (await told(index, authorization)).controls;
  const linked = Object.keys((await told(mine.account.webId, authorization)).webIdLinks);
  const wanted = { name: "script", webId: linked[0] };
  const made = await told(mine.account.clientCredentials, authorization, wanted);

  const session = new Session();
  const login = { clientId: made.id, clientSecret: made.secret, oidcIssuer: provider };
  await session.login(login);
  expect(session.info.webId, webId, "WebID of the session");
  expect((await session.fetch(`${pod}scripts/note.txt`)).status, 200, "read");

  const gone = await fetch(made.resource, {
    method: "DELETE",
    headers: { authorization: `CSS-Account-Token ${authorization}` },
  });
  expect(gone.status, 200, "DELETE");
  expect((await session.fetch(`${pod}scripts/note.txt`)).status, 401, "after the end");
});

finish();
