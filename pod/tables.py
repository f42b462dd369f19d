# SPDX-License-Identifier: EUPL-1.2
"""The tables of the first step, by what they are about."""

IDENTITY = """
CREATE TABLE clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    shift INTEGER NOT NULL,
    mark INTEGER NOT NULL
);
INSERT INTO clock (one, shift, mark) VALUES (1, 0, 0);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    operator INTEGER NOT NULL,
    created INTEGER NOT NULL,
    language TEXT,
    leaves INTEGER,
    second_step INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE login (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    secret TEXT NOT NULL,
    verified INTEGER,
    acr TEXT,
    created INTEGER NOT NULL,
    UNIQUE (kind, subject)
);
CREATE INDEX login_account ON login (account);
CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    remember INTEGER NOT NULL,
    signed_in INTEGER,
    acr TEXT,
    agent TEXT
);
CREATE INDEX session_account ON session (account);
CREATE TABLE webid (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    uri TEXT NOT NULL,
    kind TEXT NOT NULL,
    verified INTEGER NOT NULL,
    UNIQUE (uri, account)
);
CREATE INDEX webid_account ON webid (account);
CREATE TABLE pod (
    iri TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (id),
    created INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    quota INTEGER
);
CREATE INDEX pod_account ON pod (account);
CREATE TABLE owner (
    pod TEXT NOT NULL REFERENCES pod (iri) ON DELETE CASCADE,
    webid TEXT NOT NULL,
    visible INTEGER NOT NULL,
    PRIMARY KEY (pod, webid)
);
CREATE INDEX owner_webid ON owner (webid);
CREATE TABLE client_access (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    webid TEXT NOT NULL,
    client TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'credential',
    scopes TEXT NOT NULL DEFAULT '',
    offline INTEGER NOT NULL DEFAULT 0,
    remembered INTEGER NOT NULL DEFAULT 0,
    session TEXT,
    name TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    used INTEGER,
    ended INTEGER
);
CREATE INDEX client_access_account ON client_access (account);
CREATE INDEX client_access_session ON client_access (session);
CREATE TABLE oidc_client (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER
);
CREATE INDEX oidc_client_expires ON oidc_client (expires);
CREATE TABLE interaction (
    hash TEXT PRIMARY KEY,
    browser TEXT NOT NULL,
    account TEXT,
    params TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE INDEX interaction_expires ON interaction (expires);
CREATE TABLE code (
    hash TEXT PRIMARY KEY,
    access TEXT NOT NULL REFERENCES client_access (id) ON DELETE CASCADE,
    params TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER
);
CREATE INDEX code_expires ON code (expires);
CREATE TABLE refresh (
    hash TEXT PRIMARY KEY,
    access TEXT NOT NULL REFERENCES client_access (id) ON DELETE CASCADE,
    jkt TEXT,
    params TEXT NOT NULL,
    salt TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER
);
CREATE INDEX refresh_access ON refresh (access);
CREATE INDEX refresh_expires ON refresh (expires);
CREATE TABLE upstream (
    hash TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    browser TEXT NOT NULL,
    account TEXT,
    purpose TEXT NOT NULL,
    params TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE TABLE passkey (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    credential TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count INTEGER NOT NULL,
    name TEXT NOT NULL,
    transports TEXT NOT NULL,
    created INTEGER NOT NULL,
    used INTEGER
);
CREATE INDEX passkey_account ON passkey (account);
CREATE TABLE challenge (
    hash TEXT PRIMARY KEY,
    account TEXT,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE INDEX challenge_expires ON challenge (expires);
CREATE TABLE mailed_code (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT,
    email TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER
);
CREATE INDEX mailed_code_expires ON mailed_code (expires);
CREATE INDEX mailed_code_email ON mailed_code (email);
CREATE INDEX mailed_code_account ON mailed_code (account);
CREATE TABLE webid_proof (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    webid TEXT NOT NULL,
    token TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (account, webid)
);
CREATE TABLE departed (
    iri TEXT PRIMARY KEY,
    time INTEGER NOT NULL
);
CREATE TABLE organisation (
    account TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    verified INTEGER,
    created INTEGER NOT NULL
);
CREATE TABLE staff (
    organisation TEXT NOT NULL REFERENCES organisation (account) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (organisation, account)
);
CREATE INDEX staff_account ON staff (account);
CREATE TABLE account_event (
    id TEXT PRIMARY KEY,
    account TEXT REFERENCES account (id) ON DELETE CASCADE,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX account_event_account ON account_event (account, time);
CREATE TABLE announcement (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    language TEXT,
    kind TEXT NOT NULL,
    time INTEGER NOT NULL,
    due INTEGER NOT NULL,
    tried INTEGER NOT NULL
);
CREATE INDEX announcement_due ON announcement (due);
CREATE TABLE spare_code (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    used INTEGER
);
CREATE INDEX spare_code_account ON spare_code (account);
CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    resource TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    webid TEXT NOT NULL,
    label TEXT NOT NULL,
    secret TEXT NOT NULL,
    access TEXT NOT NULL REFERENCES client_access (id),
    jwks TEXT,
    created INTEGER NOT NULL,
    used INTEGER,
    expires INTEGER
);
CREATE INDEX credential_account ON credential (account);
"""

DATA = """
CREATE TABLE resource (
    pod TEXT NOT NULL,
    iri TEXT NOT NULL,
    parent TEXT,
    media_type TEXT NOT NULL,
    body BLOB,
    blob TEXT,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    version INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    PRIMARY KEY (pod, iri)
);
CREATE INDEX resource_parent ON resource (pod, parent, iri, media_type, size, modified);
CREATE TABLE tombstone (
    pod TEXT NOT NULL,
    iri TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (pod, iri)
);
CREATE TABLE outbox (
    pod TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    happened INTEGER NOT NULL,
    PRIMARY KEY (pod, seq)
);
CREATE TABLE journal (
    pod TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    time INTEGER NOT NULL,
    agency TEXT,
    grant_id TEXT,
    outcome TEXT NOT NULL,
    external INTEGER NOT NULL DEFAULT 0,
    hash TEXT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (pod, seq)
);
CREATE INDEX journal_agency ON journal (pod, agency, seq);
CREATE INDEX journal_grant ON journal (grant_id, seq);
CREATE INDEX journal_time ON journal (pod, time, agency, outcome, grant_id);
CREATE TABLE journal_count (
    pod TEXT NOT NULL,
    hour INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    PRIMARY KEY (pod, hour)
);
CREATE TABLE journal_head (
    pod TEXT NOT NULL,
    day INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    time INTEGER NOT NULL,
    jws TEXT NOT NULL,
    PRIMARY KEY (pod, day)
);
CREATE TABLE journal_push (
    agency TEXT NOT NULL,
    subject TEXT NOT NULL,
    hour INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (agency, hour, subject)
);
CREATE TABLE inbox_count (
    pod TEXT NOT NULL,
    sender TEXT NOT NULL,
    hour INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (pod, sender, hour)
);
CREATE TABLE acl_change (
    pod TEXT NOT NULL,
    seq INTEGER NOT NULL,
    iri TEXT NOT NULL,
    version INTEGER NOT NULL,
    time INTEGER NOT NULL,
    webid TEXT,
    client TEXT,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pod, seq)
);
CREATE INDEX acl_change_iri ON acl_change (pod, iri, seq);
"""
