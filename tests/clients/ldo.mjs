// SPDX-License-Identifier: EUPL-1.2
// LDO, unmodified: linked data objects, containers and access rules through @ldo/solid.
import { changeData, commitData, createSolidLdoDataset } from "@ldo/solid";

import { expect, finish, heard, other, owner, pod, signIn, step } from "./steps.mjs";

const FOAF = "http://xmlns.com/foaf/0.1/";
const XSD = "http://www.w3.org/2001/XMLSchema#";
const folder = `${pod}ldo/`;
const card = `${folder}card.ttl`;
const me = `${card}#me`;
const NOTHING = { read: false, append: false, write: false, control: false };
const ALL = { read: true, append: true, write: true, control: true };

/** A shape as LDO's generator would write it: a person with a name and nicks. */
const text = (predicate, max) => ({
  type: "TripleConstraint",
  predicate: FOAF + predicate,
  valueExpr: { type: "NodeConstraint", datatype: `${XSD}string` },
  min: 0,
  max,
});
const Person = {
  schema: {
    type: "Schema",
    shapes: [
      {
        id: `${FOAF}PersonShape`,
        type: "ShapeDecl",
        shapeExpr: {
          type: "Shape",
          expression: { type: "EachOf", expressions: [text("name", 1), text("nick", -1)] },
        },
      },
    ],
  },
  shape: `${FOAF}PersonShape`,
  context: {
    name: { "@id": `${FOAF}name`, "@type": `${XSD}string` },
    nick: { "@id": `${FOAF}nick`, "@type": `${XSD}string`, "@isCollection": true },
    knows: { "@id": `${FOAF}knows`, "@isCollection": true },
  },
};

/** LDO gives its errors back instead of throwing them. */
async function good(promise) {
  const result = await promise;
  if (result.isError) throw new Error(`${result.type}: ${result.message}`);
  return result;
}

async function refused(promise, type) {
  expect((await promise).type, type, "kind of answer");
}

/** A dataset that knows only what the server says now. */
const open = (fetch) => createSolidLdoDataset({ fetch });

async function readPerson(fetch) {
  const dataset = open(fetch);
  const document = dataset.getResource(card);
  await good(document.read());
  return { document, person: dataset.usingType(Person).fromSubject(me) };
}

const nicks = (person) => [...(person.nick ?? [])].sort();
const uris = (container) => container.children().map((child) => child.uri).sort();

const mine = await signIn(owner, "the owner");
const theirs = await signIn(other, "another person");
const as = mine.fetch;

await step("find the storage from the WebID", async () => {
  const { storageContainers } = await good(open(as).getStorageFromWebId(owner.webId));
  expect(storageContainers.map((storage) => storage.uri), [pod], "storages");
});

await step("find the root container", async () => {
  const root = await good(open(as).getResource(`${pod}profile/card`).getRootContainer());
  expect(root.uri, pod, "root");
  expect(root.isRootContainer(), true, "whether it is a root");
});

await step("create a container if absent", async () => {
  const root = open(as).getResource(pod);
  const made = await good(root.createChildIfAbsent("ldo/"));
  expect([made.type, made.resource.uri], ["createSuccess", folder], "made");
  const again = await good(open(as).getResource(folder).createIfAbsent());
  expect(again.type, "containerReadSuccess", "made again");
});

await step("create an empty document", async () => {
  const made = await good(open(as).getResource(folder).createChildAndOverwrite("empty.ttl"));
  expect(made.type, "createSuccess", "made");
});

await step("create a document with data", async () => {
  const dataset = open(as);
  const person = dataset.createData(Person, me, dataset.getResource(card));
  person.name = "An Peeters";
  person.nick = ["annie", "an"];
  await good(commitData(person));
});

await step("read the document", async () => {
  const { document, person } = await readPerson(as);
  expect(document.isDataResource(), true, "whether it is data");
  expect(person.name, "An Peeters", "name");
  expect(nicks(person), ["an", "annie"], "nicks");
});

await step("change the document", async () => {
  const { document, person } = await readPerson(as);
  const changed = changeData(person, document);
  changed.name = 'An "é" \\ 🌱\nJanssens';
  changed.nick = ["an", "anneke"];
  await good(commitData(changed));
  const after = (await readPerson(as)).person;
  expect(after.name, 'An "é" \\ 🌱\nJanssens', "name");
  expect(nicks(after), ["an", "anneke"], "nicks");
});

await step("add a node without a name", async () => {
  const { document, person } = await readPerson(as);
  const changed = changeData(person, document);
  changed.knows = [{ name: "Bea" }];
  await good(commitData(changed));
  const after = (await readPerson(as)).person;
  expect([...after.knows].map((friend) => friend.name), ["Bea"], "friends");
});

await step("remove values only", async () => {
  const { document, person } = await readPerson(as);
  const changed = changeData(person, document);
  changed.nick = [];
  await good(commitData(changed));
  expect(nicks((await readPerson(as)).person), [], "nicks");
});

await step("upload a file", async () => {
  const container = open(as).getResource(folder);
  const blob = new Blob(["Dag Kluis\n"], { type: "text/plain" });
  await good(container.uploadChildIfAbsent("note.txt", blob, "text/plain"));
  const file = open(as).getResource(`${folder}note.txt`);
  await good(file.read());
  expect([file.isBinary(), await file.getBlob().text()], [true, "Dag Kluis\n"], "bytes");
  expect(file.getMimeType(), "text/plain", "type");
});

await step("list the container", async () => {
  const container = open(as).getResource(folder);
  await good(container.read());
  expect(uris(container), [card, `${folder}empty.ttl`, `${folder}note.txt`], "members");
});

await step("what is not there is absent, not an error", async () => {
  const nothing = open(as).getResource(`${folder}nothing.ttl`);
  await good(nothing.read());
  expect(nothing.isAbsent(), true, "whether it is absent");
});

await step("the document is closed to others", async () => {
  await refused(open(heard(fetch)).getResource(card).read(), "unauthenticatedError");
  await refused(open(theirs.fetch).getResource(card).read(), "unauthorizedError");
});

await step("read the rules that hold for the document", async () => {
  const { wacRule } = await good(open(as).getResource(pod).getWac());
  // LDO tells the modes as they are written, and a new pod's rule does not write Append.
  expect(wacRule.agent[owner.webId], { ...ALL, append: false }, "the owner's modes");
  expect(wacRule.agent[other.webId], undefined, "another person's modes");
  const inherited = await good(open(as).getResource(card).getWac());
  expect(inherited.type, "getWacRuleSuccess", "kind of answer");
  expect(inherited.wacRule.agent[owner.webId], { ...ALL, append: false }, "inherited modes");
});

await step("open the document to another person", async () => {
  const document = open(as).getResource(card);
  await good(
    document.setWac({
      public: NOTHING,
      authenticated: NOTHING,
      agent: { [owner.webId]: ALL, [other.webId]: { ...NOTHING, read: true } },
    }),
  );
  const { wacRule } = await good(open(as).getResource(card).getWac());
  expect(wacRule.agent[other.webId], { ...NOTHING, read: true }, "their modes");
  await good(open(theirs.fetch).getResource(card).read());
  await refused(open(heard(fetch)).getResource(card).read(), "unauthenticatedError");
});

await step("who may only read may not write", async () => {
  const { document, person } = await readPerson(theirs.fetch);
  const changed = changeData(person, document);
  changed.name = "Niemand";
  const result = await commitData(changed);
  expect(result.isError, true, "whether it failed");
  expect(result.errors?.map((error) => error.type), ["unauthorizedError"], "kinds of error");
});

await step("open the document to everyone", async () => {
  const document = open(as).getResource(card);
  await good(
    document.setWac({
      public: { ...NOTHING, read: true },
      authenticated: NOTHING,
      agent: { [owner.webId]: ALL },
    }),
  );
  await good(open(heard(fetch)).getResource(card).read());
});

await step("delete a document", async () => {
  await good(open(as).getResource(card).delete());
  const after = open(as).getResource(card);
  await good(after.read());
  expect(after.isAbsent(), true, "whether it is absent");
});

await step("delete the container with all that is in it", async () => {
  await good(open(as).getResource(folder).delete());
  const root = open(as).getResource(pod);
  await good(root.read());
  expect(uris(root).includes(folder), false, "whether the container is listed");
});

await mine.logout();
await theirs.logout();
finish();
