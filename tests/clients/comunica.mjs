// SPDX-License-Identifier: EUPL-1.2
// Comunica, unmodified: SPARQL queries over documents and containers, and SPARQL updates of them.
import { QueryEngine } from "@comunica/query-sparql-solid";

import { expect, finish, heard, other, owner, pod, signIn, step } from "./steps.mjs";

const PREFIXES = `
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX ldp: <http://www.w3.org/ns/ldp#>
PREFIX acl: <http://www.w3.org/ns/auth/acl#>
PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
`;
const folder = `${pod}comunica/`;
const card = `${folder}card.ttl`;
const acl = `${card}.acl`;
const me = `<${card}#me>`;

const engine = new QueryEngine();

/** What a query binds to ?value in these sources, sorted; nothing is remembered from before. */
async function values(fetch, sources, pattern) {
  await engine.invalidateHttpCache();
  const query = `${PREFIXES} SELECT ?value WHERE { ${pattern} }`;
  const found = await (await engine.queryBindings(query, { sources, fetch })).toArray();
  return found.map((binding) => binding.get("value").value).sort();
}

async function update(fetch, document, text) {
  await engine.invalidateHttpCache();
  const context = { sources: [document], destination: document, fetch };
  await engine.queryVoid(`${PREFIXES} ${text}`, context);
}

/** Comunica tells in words that a source cannot be read, with the status in them. */
async function unreadable(status, promise) {
  const told = await promise.then(() => "it worked", (error) => String(error.message));
  expect(told.includes(String(status)), true, `whether ${status} is in «${told}»`);
}

/** An update that is refused changes nothing. It tells no status where it may not read either. */
async function closed(fetch) {
  const added = update(fetch, card, `INSERT DATA { ${me} foaf:nick "niemand" }`);
  expect(await added.then(() => "it worked", () => "refused"), "refused", "the update");
  const nicks = await values(as, [card], `${me} foaf:nick ?value`);
  expect(nicks.includes("niemand"), false, "whether it was added");
}

const mine = await signIn(owner, "the owner");
const theirs = await signIn(other, "another person");
const as = mine.fetch;

await step("create a document by INSERT DATA", () =>
  update(as, card, `INSERT DATA {
    ${me} a foaf:Person ; foaf:name "An Peeters" ; foaf:nick "annie", "an"@nl ; foaf:age 41 . }`));

await step("query the document", async () => {
  expect(await values(as, [card], `${me} foaf:name ?value`), ["An Peeters"], "name");
  expect(await values(as, [card], `${me} foaf:nick ?value`), ["an", "annie"], "nicks");
});

await step("add by INSERT DATA", async () => {
  await update(as, card, `INSERT DATA { ${me} foaf:nick "Anneke \\"é\\" \\\\ 🌱\\n2" }`);
  const nicks = await values(as, [card], `${me} foaf:nick ?value`);
  expect(nicks, ['Anneke "é" \\ 🌱\n2', "an", "annie"], "nicks");
});

await step("insert a blank node", async () => {
  await update(as, card, `INSERT DATA { ${me} vcard:hasAddress [ vcard:locality "Gent" ] }`);
  const pattern = `${me} vcard:hasAddress ?home . ?home vcard:locality ?value`;
  expect(await values(as, [card], pattern), ["Gent"], "place");
});

await step("change by DELETE INSERT WHERE", async () => {
  await update(as, card, `DELETE { ?it foaf:age ?age } INSERT { ?it foaf:age ?more }
    WHERE { ?it foaf:age ?age BIND (?age + 1 AS ?more) }`);
  expect(await values(as, [card], `${me} foaf:age ?value`), ["42"], "age");
});

await step("remove by DELETE WHERE", async () => {
  await update(as, card, `DELETE WHERE { ${me} foaf:nick ?nick }`);
  expect(await values(as, [card], `${me} foaf:nick ?value`), [], "nicks");
});

await step("remove by DELETE DATA and add in one request", async () => {
  await update(as, card, `DELETE DATA { ${me} foaf:name "An Peeters" } ;
    INSERT DATA { ${me} foaf:name "An Janssens" }`);
  expect(await values(as, [card], `${me} foaf:name ?value`), ["An Janssens"], "name");
});

await step("query the container", async () => {
  const members = await values(as, [folder], `<${folder}> ldp:contains ?value`);
  expect(members, [card], "members");
});

await step("query a container and a document together", async () => {
  const pattern = `<${folder}> ldp:contains ?document . ?person a foaf:Person ; foaf:name ?value`;
  expect(await values(as, [folder, card], pattern), ["An Janssens"], "name");
});

await step("describe a container by updating it", async () => {
  await update(as, folder, `INSERT DATA { <${folder}> foaf:name "Adressen" }`);
  expect(await values(as, [folder], `<${folder}> foaf:name ?value`), ["Adressen"], "name");
  expect(await values(as, [folder], `<${folder}> ldp:contains ?value`), [card], "members");
});

await step("the document is closed to others", async () => {
  const pattern = `${me} foaf:name ?value`;
  await unreadable(401, values(heard(fetch), [card], pattern));
  await unreadable(403, values(theirs.fetch, [card], pattern));
  await closed(theirs.fetch);
});

await step("open the document by INSERT DATA into its ACL", async () => {
  await update(as, acl, `INSERT DATA {
    <${acl}#owner> a acl:Authorization ; acl:accessTo <${card}> ; acl:agent <${owner.webId}> ;
      acl:mode acl:Read, acl:Write, acl:Control .
    <${acl}#other> a acl:Authorization ; acl:accessTo <${card}> ; acl:agent <${other.webId}> ;
      acl:mode acl:Read . }`);
  const names = await values(theirs.fetch, [card], `${me} foaf:name ?value`);
  expect(names, ["An Janssens"], "name");
  await closed(theirs.fetch);
});

await step("let the other person write by DELETE INSERT WHERE on the ACL", async () => {
  await update(as, acl, `DELETE { ?rule acl:mode acl:Read } INSERT {
    ?rule acl:mode acl:Read, acl:Write } WHERE { ?rule acl:agent <${other.webId}> }`);
  await update(theirs.fetch, card, `INSERT DATA { ${me} foaf:nick "van de buur" }`);
  expect(await values(as, [card], `${me} foaf:nick ?value`), ["van de buur"], "nicks");
});

await step("close the document by DELETE WHERE on the ACL", async () => {
  await update(as, acl, `DELETE WHERE { <${acl}#other> ?property ?what }`);
  await unreadable(403, values(theirs.fetch, [card], `${me} foaf:name ?value`));
  expect(await values(as, [card], `${me} foaf:name ?value`), ["An Janssens"], "name");
});

// SPARQL has no word for the deletion of a document: this is the session's fetch alone.
await step("delete the document and the container", async () => {
  for (const address of [card, folder]) {
    const response = await as(address, { method: "DELETE" });
    expect(response.ok, true, `whether ${address} was deleted`);
  }
  await unreadable(404, values(as, [card], `${me} foaf:name ?value`));
});

await mine.logout();
await theirs.logout();
finish();
