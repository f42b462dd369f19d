// SPDX-License-Identifier: EUPL-1.2
// rdflib.js, unmodified: its Fetcher and its UpdateManager keep documents in a pod.
import * as $rdf from "rdflib";

import { expect, finish, heard, other, owner, pod, signIn, statusOf, step } from "./steps.mjs";

const FOAF = $rdf.Namespace("http://xmlns.com/foaf/0.1/");
const VCARD = $rdf.Namespace("http://www.w3.org/2006/vcard/ns#");
const LDP = $rdf.Namespace("http://www.w3.org/ns/ldp#");
const ACL = $rdf.Namespace("http://www.w3.org/ns/auth/acl#");
const LINK = $rdf.Namespace("http://www.iana.org/assignments/link-relations/");
const XSD = $rdf.Namespace("http://www.w3.org/2001/XMLSchema#");
const RDF = $rdf.Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#");

const folder = $rdf.sym(`${pod}rdflib/`);
const card = $rdf.sym(`${folder.value}card.ttl`);
const note = $rdf.sym(`${folder.value}note.txt`);
const me = $rdf.sym(`${card.value}#me`);

/** A store with its fetcher and updater, as one page load would have it. */
function open(fetch) {
  const store = $rdf.graph();
  const fetcher = new $rdf.Fetcher(store, { fetch });
  return { store, fetcher, updater: new $rdf.UpdateManager(store) };
}

/** A store that knows only what the server says now. */
async function reload(fetch, document) {
  const page = open(fetch);
  await page.fetcher.load(document);
  return page;
}

/** The objects of what matches, as text. */
function values(page, subject, predicate, document) {
  const found = page.store.statementsMatching(subject, predicate, null, document);
  return found.map((statement) => statement.object.value).sort();
}

const st = (subject, predicate, object) => $rdf.st(subject, predicate, object, card);

const mine = await signIn(owner, "the owner");
const theirs = await signIn(other, "another person");
const as = mine.fetch;

await step("create a container by createContainer", async () => {
  const response = await open(as).fetcher.createContainer(pod, "rdflib", "");
  return `${response.status} ${response.headers.get("location")}`;
});

await step("create a document by updater.put", async () => {
  const page = open(as);
  const said = [st(me, RDF("type"), FOAF("Person")), st(me, FOAF("name"), $rdf.lit("An Peeters"))];
  await new Promise((resolve, reject) => {
    page.updater.put(card, said, "text/turtle", (uri, ok, message) =>
      ok ? resolve() : reject(new Error(message)),
    );
  });
});

await step("load the document", async () => {
  const page = await reload(as, card);
  expect(values(page, me, FOAF("name"), card), ["An Peeters"], "name");
  expect(page.updater.editable(card), "SPARQL", "how the updater will edit");
});

await step("create a document by updating what is not there", async () => {
  const fresh = $rdf.sym(`${folder.value}fresh.ttl`);
  const page = open(as);
  expect(await statusOf(() => page.fetcher.load(fresh)), 404, "status before");
  const it = $rdf.sym(`${fresh.value}#it`);
  await page.updater.update([], [$rdf.st(it, FOAF("name"), $rdf.lit("New"), fresh)]);
  expect(values(await reload(as, fresh), null, FOAF("name"), fresh), ["New"], "name");
});

await step("insert and delete in one update", async () => {
  const page = await reload(as, card);
  const before = page.store.statementsMatching(me, FOAF("name"), null, card);
  const nick = $rdf.lit('Anneke "é" \\ 🌱\n2', "nl");
  await page.updater.update(before, [
    st(me, FOAF("name"), $rdf.lit("An Janssens")),
    st(me, FOAF("nick"), nick),
    st(me, FOAF("age"), $rdf.lit("42", undefined, XSD("integer"))),
  ]);
  const after = await reload(as, card);
  expect(values(after, me, FOAF("name"), card), ["An Janssens"], "name");
  expect(after.store.holds(me, FOAF("nick"), nick, card), true, "nick with language");
  const age = after.store.any(me, FOAF("age"), null, card);
  expect([age?.value, age?.datatype.value], ["42", XSD("integer").value], "age");
});

await step("insert blank nodes", async () => {
  const page = await reload(as, card);
  const home = $rdf.blankNode();
  const work = $rdf.blankNode();
  await page.updater.update([], [
    st(me, VCARD("hasAddress"), home),
    st(home, VCARD("locality"), $rdf.lit("Gent")),
    st(home, VCARD("street-address"), $rdf.lit("Veldstraat 1")),
    st(me, VCARD("hasAddress"), work),
    st(work, VCARD("locality"), $rdf.lit("Brussel")),
  ]);
  const after = await reload(as, card);
  expect(after.store.each(me, VCARD("hasAddress"), null, card).length, 2, "addresses");
});

await step("change a triple of a blank node", async () => {
  const page = await reload(as, card);
  const home = page.store.any(null, VCARD("locality"), $rdf.lit("Gent"), card);
  const before = page.store.statementsMatching(home, VCARD("street-address"), null, card);
  await page.updater.update(before, [st(home, VCARD("street-address"), $rdf.lit("Korenmarkt 2"))]);
  const after = await reload(as, card);
  const kept = after.store.any(null, VCARD("locality"), $rdf.lit("Gent"), card);
  expect(values(after, kept, VCARD("street-address"), card), ["Korenmarkt 2"], "street");
});

await step("delete a blank node and what points to it", async () => {
  const page = await reload(as, card);
  const work = page.store.any(null, VCARD("locality"), $rdf.lit("Brussel"), card);
  const about = page.store.statementsMatching(work, null, null, card);
  await page.updater.update([...about, st(me, VCARD("hasAddress"), work)], []);
  const after = await reload(as, card);
  expect(after.store.each(me, VCARD("hasAddress"), null, card).length, 1, "addresses");
  expect(values(after, null, VCARD("locality"), card), ["Gent"], "places");
});

await step("two pages delete the same triple", async () => {
  const pages = [await reload(as, card), await reload(as, card)];
  const age = pages[0].store.statementsMatching(me, FOAF("age"), null, card);
  for (const page of pages) await page.updater.update(age, []);
  expect(values(await reload(as, card), me, FOAF("age"), card), [], "age");
});

await step("upload a file by webOperation", async () => {
  const { fetcher } = open(as);
  const put = { data: "Dag Kluis\n", contentType: "text/plain" };
  expect((await fetcher.webOperation("PUT", note.value, put)).status, 201, "status");
  const got = await fetcher.webOperation("GET", note.value);
  expect(got.responseText, "Dag Kluis\n", "bytes");
});

await step("list the container", async () => {
  const page = await reload(as, folder);
  const members = values(page, folder, LDP("contains"), folder);
  expect(members, [card.value, `${folder.value}fresh.ttl`, note.value], "members");
  expect(page.store.holds(folder, RDF("type"), LDP("BasicContainer"), folder), true, "type");
});

await step("save a whole document by putBack", async () => {
  const page = await reload(as, card);
  page.store.add(me, FOAF("title"), $rdf.lit("Dr."), card);
  await page.fetcher.putBack(card);
  const after = await reload(as, card);
  expect(values(after, me, FOAF("title"), card), ["Dr."], "title");
  expect(after.store.each(me, VCARD("hasAddress"), null, card).length, 1, "addresses");
});

await step("an existing document is not made again", async () => {
  await open(as).fetcher.createIfNotExists(card);
  const after = await reload(as, card);
  expect(values(after, me, FOAF("name"), card), ["An Janssens"], "name");
});

await step("the document is closed to others", async () => {
  expect(await statusOf(() => reload(heard(fetch), card)), 401, "status without login");
  expect(await statusOf(() => reload(theirs.fetch, card)), 403, "status of another person");
});

let aclDocument;
await step("write an ACL where the acl link points", async () => {
  const page = await reload(as, card);
  const acl = page.store.any(card, LINK("acl"));
  const rule = (name, who, modes) => {
    const it = $rdf.sym(`${acl.value}#${name}`);
    return [
      $rdf.st(it, RDF("type"), ACL("Authorization"), acl),
      $rdf.st(it, ACL("accessTo"), card, acl),
      $rdf.st(it, ACL("agent"), $rdf.sym(who), acl),
      ...modes.map((mode) => $rdf.st(it, ACL("mode"), ACL(mode), acl)),
    ];
  };
  const said = [
    ...rule("owner", owner.webId, ["Read", "Write", "Control"]),
    ...rule("other", other.webId, ["Read"]),
  ];
  await new Promise((resolve, reject) => {
    page.updater.put(acl, said, "text/turtle", (uri, ok, message) =>
      ok ? resolve() : reject(new Error(message)),
    );
  });
  aclDocument = acl;
  return acl.value;
});

await step("the document is open to the other person, to read only", async () => {
  const page = await reload(theirs.fetch, card);
  expect(values(page, me, FOAF("name"), card), ["An Janssens"], "name");
  expect(page.updater.editable(card), false, "whether the updater will edit");
});

await step("an update of the ACL lets the other person write", async () => {
  const page = await reload(as, aclDocument);
  const rule = page.store.any(null, ACL("agent"), $rdf.sym(other.webId), aclDocument);
  await page.updater.update([], [$rdf.st(rule, ACL("mode"), ACL("Write"), aclDocument)]);
  const shared = await reload(theirs.fetch, card);
  expect(shared.updater.editable(card), "SPARQL", "how the updater will edit");
  await shared.updater.update([], [st(me, FOAF("nick"), $rdf.lit("van de buur"))]);
  const after = await reload(as, card);
  expect(after.store.holds(me, FOAF("nick"), $rdf.lit("van de buur"), card), true, "their nick");
});

await step("deleting the ACL closes the document again", async () => {
  await open(as).fetcher.webOperation("DELETE", aclDocument.value);
  expect(await statusOf(() => reload(theirs.fetch, card)), 403, "status of another person");
  await reload(as, card);
});

await step("a container that is not empty stays", async () => {
  const { fetcher } = open(as);
  expect(await statusOf(() => fetcher.webOperation("DELETE", folder.value)), 409, "status");
});

await step("delete documents and container", async () => {
  const { fetcher } = open(as);
  const members = values(await reload(as, folder), folder, LDP("contains"), folder);
  for (const member of members) await fetcher.webOperation("DELETE", member);
  await fetcher.delete(folder.value);
  expect(await statusOf(() => reload(as, card)), 404, "status of the document");
  expect(await statusOf(() => reload(as, folder)), 404, "status of the container");
});

await mine.logout();
await theirs.logout();
finish();
