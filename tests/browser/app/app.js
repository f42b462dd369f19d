// SPDX-License-Identifier: EUPL-1.2
// The smallest app: signs in with the unmodified library, and tells what it sees.

const authn = globalThis.solidClientAuthentication;
const state = document.querySelector("#state");

async function arrive() {
  const info = await authn.handleIncomingRedirect({ restorePreviousSession: true });
  state.textContent = info?.isLoggedIn ? `signed in as ${info.webId}` : "signed out";
}

globalThis.signIn = (oidcIssuer, clientId) =>
  authn.login({
    oidcIssuer,
    ...(clientId ? { clientId } : {}),
    redirectUrl: location.origin + "/",
    clientName: "Een <b>app</b>",
  });

globalThis.read = async (url) => {
  const answer = await authn.fetch(url);
  return { status: answer.status, body: await answer.text() };
};

globalThis.signOut = (logoutType) =>
  authn.logout({ logoutType, postLogoutUrl: location.origin + "/" });

arrive().catch((error) => {
  state.textContent = `failed: ${error.message}`;
});
