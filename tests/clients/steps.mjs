// SPDX-License-Identifier: EUPL-1.2
// What the stories share: one JSON line a step, sign-in, and what the client sent when one fails.
import { isDeepStrictEqual } from "node:util";

import { Session } from "@inrupt/solid-client-authn-node";

export const env = process.env;
export const owner = {
  id: env.KLUIS_OWNER_ID,
  secret: env.KLUIS_OWNER_SECRET,
  webId: env.KLUIS_OWNER_WEBID,
};
export const other = {
  id: env.KLUIS_OTHER_ID,
  secret: env.KLUIS_OTHER_SECRET,
  webId: env.KLUIS_OTHER_WEBID,
};
export const pod = env.KLUIS_OWNER_POD;

const exchanges = [];
let failed = false;

function tell(step, ok, detail) {
  failed ||= !ok;
  console.log(JSON.stringify({ step, ok, detail: String(detail) }));
}

/** Runs one step; what it returns is its detail, what it throws its failure. */
export async function step(name, action) {
  exchanges.length = 0;
  try {
    tell(name, true, (await action()) ?? "");
  } catch (error) {
    tell(name, false, [error?.stack ?? error, ...exchanges.slice(-4)].join("\n"));
  }
}

/** Says that the story came to its end: whoever counts on it sees when one broke off. */
export function finish() {
  tell("the story ends", true, "");
  process.exit(failed ? 1 : 0);
}

export function expect(found, wanted, what) {
  if (!isDeepStrictEqual(found, wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }
}

/** The status that a failing action carries, wherever its library keeps it; 200 when it works. */
export async function statusOf(action) {
  try {
    await action();
    return 200;
  } catch (error) {
    const status = error.statusCode ?? error.status ?? error.response?.status;
    if (status === undefined) throw error;
    return status;
  }
}

/** Signs in, in a step of its own; gives the session's own fetch, which is only listened to. */
export async function signIn(who, as) {
  let session;
  await step(`${as} logs in with client credentials`, async () => {
    const opened = new Session();
    await opened.login({ clientId: who.id, clientSecret: who.secret, oidcIssuer: env.KLUIS_BASE });
    if (!opened.info.isLoggedIn) throw new Error("the session says that it is not logged in");
    if (who.webId !== undefined) expect(opened.info.webId, who.webId, "WebID of the session");
    session = opened;
    return opened.info.webId;
  });
  if (session === undefined) process.exit(1);
  return { fetch: heard(session.fetch), logout: () => session.logout() };
}

/** The same fetch; what went over it is told when a step fails. Neither side is changed. */
export function heard(fetch) {
  return async (input, init) => {
    const response = await fetch(input, init);
    exchanges.push(await exchange(input, init, response.clone()));
    return response;
  };
}

async function exchange(input, init, response) {
  const asked = `${init?.method ?? input.method ?? "GET"} ${input.url ?? input}`;
  const headers = new Headers(init?.headers ?? input.headers);
  headers.delete("authorization");
  headers.delete("dpop");
  const sent = JSON.stringify(Object.fromEntries(headers));
  const body = typeof init?.body === "string" ? init.body : "";
  const got = JSON.stringify(Object.fromEntries(response.headers));
  const answer = (await response.text()).slice(0, 400);
  return `  > ${asked} ${sent} ${body}\n  < ${response.status} ${got} ${answer}`;
}
