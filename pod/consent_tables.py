# SPDX-License-Identifier: EUPL-1.2
"""The tables of consent, of the first step: registry, requests, grants, receipts, events."""

CONSENT = """
CREATE TABLE agency (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE agency_party (
    agency TEXT NOT NULL REFERENCES agency (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, value, agency)
);
CREATE TABLE purpose (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL,
    version TEXT NOT NULL,
    agency TEXT NOT NULL REFERENCES agency (id),
    state TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (slug, version)
);
CREATE TABLE request (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    agency TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    pod TEXT,
    state TEXT NOT NULL,
    created INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    decided INTEGER,
    grant_id TEXT,
    body TEXT NOT NULL
);
CREATE INDEX request_agency ON request (agency, seq);
CREATE INDEX request_subject ON request (subject, seq);
CREATE INDEX request_open ON request (agency, subject, state);
CREATE INDEX request_rate ON request (agency, created);
CREATE TABLE notice (
    hash TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    language TEXT NOT NULL,
    shown INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE consent_grant (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    pod TEXT NOT NULL,
    subject TEXT NOT NULL,
    agency TEXT NOT NULL,
    purpose TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    count INTEGER,
    uses INTEGER NOT NULL,
    last_read INTEGER,
    ended INTEGER,
    cause TEXT,
    body TEXT NOT NULL
);
CREATE INDEX grant_between ON consent_grant (pod, agency, state);
CREATE INDEX grant_agency ON consent_grant (agency, seq);
CREATE INDEX grant_pod ON consent_grant (pod, seq);
CREATE INDEX grant_purpose ON consent_grant (purpose, state);
CREATE INDEX grant_late ON consent_grant (state, valid_until);
CREATE INDEX request_late ON request (state, deadline);
CREATE TABLE reminder (
    about TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (about, kind)
);
CREATE INDEX reminder_due ON reminder (due);
CREATE TABLE grant_event (
    grant_id TEXT NOT NULL REFERENCES consent_grant (id),
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (grant_id, seq)
);
CREATE TABLE receipt (
    id TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES consent_grant (id),
    party TEXT NOT NULL,
    version INTEGER NOT NULL,
    event INTEGER NOT NULL,
    created INTEGER NOT NULL,
    record TEXT NOT NULL,
    jws TEXT NOT NULL
);
CREATE INDEX receipt_grant ON receipt (grant_id);
CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (caller, path, key)
);
CREATE INDEX idempotency_age ON idempotency (created);
CREATE TABLE agency_event (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE,
    agency TEXT NOT NULL,
    type TEXT NOT NULL,
    request TEXT,
    grant_id TEXT,
    subject TEXT,
    state TEXT NOT NULL,
    version INTEGER,
    time INTEGER NOT NULL,
    callback TEXT
);
CREATE INDEX agency_event_agency ON agency_event (agency, seq);
CREATE TABLE delivery (
    event TEXT PRIMARY KEY REFERENCES agency_event (id),
    seq INTEGER NOT NULL UNIQUE,
    agency TEXT NOT NULL,
    thread TEXT NOT NULL,
    callback TEXT NOT NULL,
    host TEXT NOT NULL,
    state TEXT NOT NULL,
    again INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    first INTEGER,
    due INTEGER NOT NULL,
    lease INTEGER NOT NULL,
    claim TEXT,
    last INTEGER,
    status INTEGER,
    reason TEXT
);
CREATE INDEX delivery_due ON delivery (state, due);
CREATE INDEX delivery_thread ON delivery (thread, state, seq);
CREATE INDEX delivery_agency ON delivery (agency, seq);
CREATE TABLE statutory (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    agency TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject TEXT,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    ended INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX statutory_between ON statutory (agency, subject);
CREATE INDEX statutory_subject ON statutory (subject, seq);
CREATE INDEX statutory_state ON statutory (state, valid_until);
CREATE TABLE statutory_event (
    statutory TEXT NOT NULL REFERENCES statutory (id),
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (statutory, seq)
);
CREATE TABLE statutory_objection (
    statutory TEXT NOT NULL REFERENCES statutory (id),
    subject TEXT NOT NULL,
    rights_case TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (statutory, subject, rights_case)
);
CREATE TABLE statutory_told (
    statutory TEXT NOT NULL REFERENCES statutory (id),
    pod TEXT NOT NULL,
    told INTEGER NOT NULL,
    PRIMARY KEY (statutory, pod)
);
CREATE INDEX statutory_told_of ON statutory_told (statutory, told);
CREATE TABLE rights_case (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    subject TEXT NOT NULL,
    agency TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX rights_case_subject ON rights_case (subject, seq);
CREATE INDEX rights_case_agency ON rights_case (agency, seq);
CREATE TABLE serial (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL
);
"""
