// SPDX-License-Identifier: EUPL-1.2
// @inrupt/solid-client, unmodified. One stage a run (KLUIS_STAGE), one JSON line a step.
import {
  addStringNoLocale,
  addUrl,
  buildThing,
  createAclFromFallbackAcl,
  createContainerAt,
  createSolidDataset,
  createThing,
  deleteAclFor,
  deleteContainer,
  deleteFile,
  deleteSolidDataset,
  getAgentAccess,
  getAgentResourceAccess,
  getContainedResourceUrlAll,
  getFile,
  getInteger,
  getResourceAcl,
  getResourceInfo,
  getResourceInfoWithAcl,
  getSolidDataset,
  getSolidDatasetWithAcl,
  getSourceUrl,
  getStringNoLocale,
  getStringNoLocaleAll,
  getThing,
  getUrl,
  hasAccessibleAcl,
  hasFallbackAcl,
  hasResourceAcl,
  overwriteFile,
  removeStringNoLocale,
  saveAclFor,
  saveFileInContainer,
  saveSolidDatasetAt,
  saveSolidDatasetInContainer,
  setAgentDefaultAccess,
  setAgentResourceAccess,
  setPublicDefaultAccess,
  setThing,
  universalAccess,
} from "@inrupt/solid-client";

import { env, expect, finish, other, owner, pod, signIn, statusOf, step } from "./steps.mjs";

const NAME = "http://xmlns.com/foaf/0.1/name";
const NICK = "http://xmlns.com/foaf/0.1/nick";
const AGE = "http://xmlns.com/foaf/0.1/age";
const KNOWS = "http://xmlns.com/foaf/0.1/knows";
const ISSUER = "http://www.w3.org/ns/solid/terms#oidcIssuer";
const STORAGE = "http://www.w3.org/ns/pim/space#storage";
const NOTHING = { read: false, append: false, write: false, control: false };
const ALL = { read: true, append: true, write: true, control: true };
const CLOSED = {
  read: false,
  append: false,
  write: false,
  controlRead: false,
  controlWrite: false,
};

async function everything() {
  const folder = `${pod}clients/`;
  const card = `${folder}card.ttl`;
  const note = `${folder}note.txt`;
  const mine = await signIn(owner, "the owner");
  const theirs = await signIn(other, "another person");
  const as = { fetch: mine.fetch };
  const them = { fetch: theirs.fetch };

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
    me = addUrl(me, KNOWS, owner.webId);
    await saveSolidDatasetAt(card, setThing(before, me), as);
  });

  await step("read the updated dataset", async () => {
    const me = getThing(await getSolidDataset(card, as), `${card}#me`);
    expect(getStringNoLocale(me, NAME), "An Peeters", "name");
    expect(getStringNoLocaleAll(me, NICK).sort(), ["Anneke \"é\" \\ 🌱", "an"], "nicks");
    expect(getInteger(me, AGE), 42, "age");
    expect(getUrl(me, KNOWS), owner.webId, "knows");
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
    const profile = await getSolidDataset(owner.webId);
    const me = getThing(profile, owner.webId);
    expect(getUrl(me, ISSUER), env.KLUIS_BASE, "issuer");
    expect(getUrl(me, STORAGE), pod, "storage");
  });

  await step("a new resource is named by the server", async () => {
    const saved = await saveSolidDatasetInContainer(folder, createSolidDataset(), {
      slugSuggestion: "list",
      ...as,
    });
    const file = await saveFileInContainer(folder, new Blob(["x"], { type: "text/plain" }), {
      slug: "list",
      ...as,
    });
    expect(getSourceUrl(saved) === getSourceUrl(file), false, "whether the names are one");
    for (const made of [saved, file]) {
      expect(getSourceUrl(made).startsWith(folder), true, "whether it is in the container");
      await deleteFile(getSourceUrl(made), as);
    }
  });

  await step("share the dataset with another person by universalAccess", async () => {
    expect(await statusOf(() => getSolidDataset(card, them)), 403, "their status before");
    const given = { read: true, append: true };
    const access = await universalAccess.setAgentAccess(card, other.webId, given, as);
    expect(access, { ...CLOSED, ...given }, "their access");
    const me = getThing(await getSolidDataset(card, them), `${card}#me`);
    expect(getStringNoLocale(me, NAME), "An Peeters", "name");
  });

  await step("who may append adds and does not remove", async () => {
    const before = await getSolidDataset(card, them);
    const me = getThing(before, `${card}#me`);
    await saveSolidDatasetAt(card, setThing(before, addStringNoLocale(me, NICK, "buur")), them);
    const removed = setThing(before, removeStringNoLocale(me, NAME, "An Peeters"));
    expect(await statusOf(() => saveSolidDatasetAt(card, removed, them)), 403, "their status");
    expect(await statusOf(() => deleteSolidDataset(card, them)), 403, "their status");
    const after = getThing(await getSolidDataset(card, as), `${card}#me`);
    expect(getStringNoLocale(after, NAME), "An Peeters", "name");
    expect(getStringNoLocaleAll(after, NICK).includes("buur"), true, "whether it was added");
  });

  await step("everyone's access is told", async () => {
    const all = await universalAccess.getAgentAccessAll(card, as);
    expect(Object.keys(all).sort(), [owner.webId, other.webId].sort(), "who has access");
    expect(all[other.webId], { ...CLOSED, read: true, append: true }, "their access");
    expect(all[owner.webId].controlWrite, true, "the owner's control");
    expect(await universalAccess.getPublicAccess(card, as), CLOSED, "public access");
  });

  await step("take the access back by universalAccess", async () => {
    const none = { read: false, append: false };
    const access = await universalAccess.setAgentAccess(card, other.webId, none, as);
    expect(access, CLOSED, "their access");
    expect(await statusOf(() => getSolidDataset(card, them)), 403, "their status");
    await getSolidDataset(card, as);
  });

  await step("open a container and all in it by an ACL of its own", async () => {
    const info = await getSolidDatasetWithAcl(folder, as);
    expect([hasResourceAcl(info), hasFallbackAcl(info)], [false, true], "own ACL, inherited ACL");
    expect(hasAccessibleAcl(info), true, "whether the ACL may be changed");
    let acl = createAclFromFallbackAcl(info);
    expect(getAgentResourceAccess(acl, owner.webId).control, true, "the owner's control");
    acl = setAgentResourceAccess(acl, other.webId, { ...NOTHING, read: true });
    acl = setAgentDefaultAccess(acl, other.webId, { ...NOTHING, read: true });
    await saveAclFor(info, acl, as);
    expect(getContainedResourceUrlAll(await getSolidDataset(folder, them)).length, 2, "members");
    // The note has an ACL of its own since it was opened to everyone, the card since it was shared.
    expect(await statusOf(() => getSolidDataset(card, them)), 403, "their status of the card");
  });

  await step("a resource without its own ACL inherits", async () => {
    await deleteAclFor(await getResourceInfoWithAcl(card, as), as);
    await getSolidDataset(card, them);
    const info = await getSolidDatasetWithAcl(card, as);
    expect([hasResourceAcl(info), hasFallbackAcl(info)], [false, true], "own ACL, inherited ACL");
    expect(getAgentAccess(info, other.webId), { ...NOTHING, read: true }, "their access");
    expect(getAgentAccess(info, owner.webId), ALL, "the owner's access");
  });

  await step("change an ACL that is there", async () => {
    const info = await getSolidDatasetWithAcl(folder, as);
    let acl = getResourceAcl(info);
    acl = setAgentResourceAccess(acl, other.webId, NOTHING);
    acl = setAgentDefaultAccess(acl, other.webId, NOTHING);
    acl = setPublicDefaultAccess(acl, { ...NOTHING, read: true });
    await saveAclFor(info, acl, as);
    expect(await statusOf(() => getSolidDataset(folder, them)), 403, "their status");
    await getSolidDataset(card);
  });

  await step("delete the ACL of the container", async () => {
    await deleteAclFor(await getResourceInfoWithAcl(folder, as), as);
    expect(await statusOf(() => getSolidDataset(card)), 401, "status without login");
  });

  await step("a container that is not empty stays", async () => {
    expect(await statusOf(() => deleteContainer(folder, as)), 409, "status");
  });

  await step("delete file, dataset and container", async () => {
    await deleteFile(note, as);
    await deleteSolidDataset(await getSolidDataset(card, as), as);
    await deleteContainer(folder, as);
    for (const gone of [note, card, folder]) {
      expect(await statusOf(() => getResourceInfo(gone, as)), 404, `status of ${gone}`);
    }
  });

  await mine.logout();
  await theirs.logout();
}

async function agency(wanted) {
  const who = { id: env.KLUIS_AGENCY_ID, secret: env.KLUIS_AGENCY_SECRET };
  const session = await signIn(who, "the agency");
  await step(`reading answers ${wanted}`, async () => {
    const read = () => getSolidDataset(env.KLUIS_GRANTED, { fetch: session.fetch });
    expect(await statusOf(read), wanted, "status");
  });
  await session.logout();
}

const stages = {
  owner: everything,
  "agency-reads": () => agency(200),
  "agency-refused": () => agency(403),
};

await stages[env.KLUIS_STAGE]();
finish();
