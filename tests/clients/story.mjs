// SPDX-License-Identifier: EUPL-1.2
// What public Solid clients do, unmodified. One stage a run (KLUIS_STAGE), one JSON line a step.
import {
  addStringNoLocale,
  addUrl,
  buildThing,
  createContainerAt,
  createSolidDataset,
  createThing,
  getContainedResourceUrlAll,
  getFile,
  getInteger,
  getSolidDataset,
  getSourceUrl,
  getStringNoLocale,
  getStringNoLocaleAll,
  getThing,
  getUrl,
  overwriteFile,
  removeStringNoLocale,
  saveSolidDatasetAt,
  setThing,
  universalAccess,
} from "@inrupt/solid-client";
import { Session } from "@inrupt/solid-client-authn-node";

const env = process.env;
const NAME = "http://xmlns.com/foaf/0.1/name";
const NICK = "http://xmlns.com/foaf/0.1/nick";
const AGE = "http://xmlns.com/foaf/0.1/age";
const KNOWS = "http://xmlns.com/foaf/0.1/knows";
const ISSUER = "http://www.w3.org/ns/solid/terms#oidcIssuer";
const STORAGE = "http://www.w3.org/ns/pim/space#storage";

let failed = false;

function tell(step, ok, detail) {
  failed ||= !ok;
  console.log(JSON.stringify({ step, ok, detail: String(detail) }));
}

/** Runs one step; what it returns is its detail, what it throws its failure. */
async function step(name, action) {
  try {
    tell(name, true, (await action()) ?? "");
  } catch (error) {
    tell(name, false, error.stack ?? error);
  }
}

function expect(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }
}

async function statusOf(action) {
  try {
    await action();
    return 200;
  } catch (error) {
    if (error.statusCode === undefined) throw error;
    return error.statusCode;
  }
}

async function signIn(clientId, clientSecret) {
  const session = new Session();
  await session.login({ clientId, clientSecret, oidcIssuer: env.KLUIS_BASE });
  if (!session.info.isLoggedIn) throw new Error("the session says that it is not logged in");
  return session;
}

async function owner() {
  const pod = env.KLUIS_OWNER_POD;
  const folder = `${pod}clients/`;
  const card = `${folder}card.ttl`;
  const note = `${folder}note.txt`;
  let session;

  await step("log in with client credentials", async () => {
    session = await signIn(env.KLUIS_OWNER_ID, env.KLUIS_OWNER_SECRET);
    expect(session.info.webId, env.KLUIS_OWNER_WEBID, "WebID of the session");
    return session.info.webId;
  });
  if (session === undefined) return;
  const as = { fetch: session.fetch };

  await step("create a container", async () => {
    return getSourceUrl(await createContainerAt(folder, as));
  });

  await step("save a new dataset", async () => {
    const me = buildThing(createThing({ url: `${card}#me` }))
      .addStringNoLocale(NAME, "An Peeters")
      .addStringNoLocale(NICK, "annie")
      .addStringNoLocale(NICK, "an")
      .addInteger(AGE, 41)
      .build();
    await saveSolidDatasetAt(card, setThing(createSolidDataset(), me), as);
  });

  // A dataset that was fetched before is saved as a SPARQL update of what changed.
  await step("update the dataset", async () => {
    const before = await getSolidDataset(card, as);
    let me = getThing(before, `${card}#me`);
    me = removeStringNoLocale(me, NICK, "annie");
    me = addStringNoLocale(me, NICK, "Anneke \"é\" \\ 🌱");
    me = buildThing(me).setInteger(AGE, 42).build();
    me = addUrl(me, KNOWS, env.KLUIS_OWNER_WEBID);
    await saveSolidDatasetAt(card, setThing(before, me), as);
  });

  await step("read the updated dataset", async () => {
    const me = getThing(await getSolidDataset(card, as), `${card}#me`);
    expect(getStringNoLocale(me, NAME), "An Peeters", "name");
    expect(getStringNoLocaleAll(me, NICK).sort(), ["Anneke \"é\" \\ 🌱", "an"], "nicks");
    expect(getInteger(me, AGE), 42, "age");
    expect(getUrl(me, KNOWS), env.KLUIS_OWNER_WEBID, "knows");
  });

  await step("update only by removing", async () => {
    const before = await getSolidDataset(card, as);
    const me = removeStringNoLocale(getThing(before, `${card}#me`), NICK, "an");
    await saveSolidDatasetAt(card, setThing(before, me), as);
    const after = getThing(await getSolidDataset(card, as), `${card}#me`);
    expect(getStringNoLocaleAll(after, NICK), ["Anneke \"é\" \\ 🌱"], "nicks");
  });

  await step("upload a file", async () => {
    const text = new Blob(["Dag Kluis\n"], { type: "text/plain" });
    return getSourceUrl(await overwriteFile(note, text, { contentType: "text/plain", ...as }));
  });

  await step("read the file back", async () => {
    const file = await getFile(note, as);
    expect(await file.text(), "Dag Kluis\n", "bytes");
    expect(file.type.split(";")[0], "text/plain", "type");
  });

  await step("list the container", async () => {
    const members = getContainedResourceUrlAll(await getSolidDataset(folder, as)).sort();
    expect(members, [card, note], "members");
  });

  await step("the file is closed to others", async () => {
    expect(await statusOf(() => getFile(note)), 401, "status without login");
  });

  await step("open the file to everyone", async () => {
    const access = await universalAccess.setPublicAccess(note, { read: true }, as);
    expect(access?.read, true, "public read");
    expect(access?.write, false, "public write");
    const seen = await universalAccess.getPublicAccess(note, as);
    expect(seen?.read, true, "public read, asked again");
  });

  await step("the file is open to others", async () => {
    expect(await (await getFile(note)).text(), "Dag Kluis\n", "bytes");
  });

  await step("the owner still reads her own file", async () => {
    expect(await (await getFile(note, as)).text(), "Dag Kluis\n", "bytes");
  });

  await step("the profile is found without login", async () => {
    const profile = await getSolidDataset(env.KLUIS_OWNER_WEBID);
    const me = getThing(profile, env.KLUIS_OWNER_WEBID);
    expect(getUrl(me, ISSUER), env.KLUIS_BASE, "issuer");
    expect(getUrl(me, STORAGE), pod, "storage");
  });

  await step("log out", () => session.logout());
}

async function agency(wanted) {
  let session;
  await step("log in with client credentials", async () => {
    session = await signIn(env.KLUIS_AGENCY_ID, env.KLUIS_AGENCY_SECRET);
    return session.info.webId;
  });
  if (session === undefined) return;
  await step(`reading answers ${wanted}`, async () => {
    const read = () => getSolidDataset(env.KLUIS_GRANTED, { fetch: session.fetch });
    expect(await statusOf(read), wanted, "status");
  });
  await step("log out", () => session.logout());
}

const stages = {
  owner,
  "agency-reads": () => agency(200),
  "agency-refused": () => agency(403),
};

const stage = stages[env.KLUIS_STAGE];
if (stage === undefined) {
  tell("stage", false, `KLUIS_STAGE must be one of ${Object.keys(stages).join(", ")}`);
} else {
  await stage();
}
process.exit(failed ? 1 : 0);
