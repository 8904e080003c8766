-- The logical schema of a Hygea store on PostgreSQL. The shard comes first in every key: all rows of a document are in its shard.
-- Texts compare byte by byte (collation "C"), as in every store.

CREATE TABLE kind (
    shard bigint NOT NULL,
    kind bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    live bigint NOT NULL DEFAULT 0,
    dictionary bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (shard, kind),
    UNIQUE (shard, name)
);

CREATE TABLE parameter (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    kind bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    traits bigint NOT NULL,
    PRIMARY KEY (shard, parameter),
    UNIQUE (shard, kind, name)
);

CREATE TABLE dictionary (
    shard bigint NOT NULL,
    dictionary bigint NOT NULL,
    kind bigint NOT NULL,
    documents bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (shard, dictionary)
);

-- Codes, systems, units, bases and versions. The hash finds candidates, the text decides.
CREATE TABLE term (
    shard bigint NOT NULL,
    term bigint NOT NULL,
    hash bigint NOT NULL,
    text text COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, term)
);
CREATE INDEX term_hash ON term (shard, hash);

CREATE TABLE uri (
    shard bigint NOT NULL,
    uri bigint NOT NULL,
    digest bytea NOT NULL,
    text_key text COLLATE "C" NOT NULL,
    text text COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, uri),
    UNIQUE (shard, digest)
);
CREATE INDEX uri_text ON uri (shard, text_key);

-- Every identity seen, as a document or as the target of a reference. An id is at most 4,096 bytes, more than a key holds,
-- so its SHA-256 is the key and the document has the id itself.
CREATE TABLE identity (
    shard bigint NOT NULL,
    digest bytea NOT NULL,
    kind bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (shard, digest, kind)
);

CREATE TABLE document (
    shard bigint NOT NULL,
    rid bigint NOT NULL,
    kind bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    modified bigint NOT NULL,
    sequence bigint NOT NULL,
    born bigint NOT NULL,
    deleted smallint NOT NULL,
    codec bigint NOT NULL,
    entries bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (shard, rid)
);
CREATE INDEX document_live ON document (shard, kind, rid) WHERE deleted = 0;
CREATE INDEX document_modified ON document (shard, kind, modified, rid) WHERE deleted = 0;

CREATE TABLE history (
    shard bigint NOT NULL,
    rid bigint NOT NULL,
    version bigint NOT NULL,
    modified bigint NOT NULL,
    sequence bigint NOT NULL,
    deleted smallint NOT NULL,
    codec bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (shard, rid, version)
);

-- Readers stop before pg_snapshot_xmin(pg_current_snapshot()): sequence numbers are not given in commit order.
CREATE TABLE feed (
    shard bigint NOT NULL,
    sequence bigint NOT NULL,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind bigint NOT NULL,
    rid bigint NOT NULL,
    version bigint NOT NULL,
    operation smallint NOT NULL,
    modified bigint NOT NULL,
    gone smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (shard, sequence)
);
CREATE INDEX feed_kind ON feed (shard, kind, sequence) WHERE gone = 0;

CREATE TABLE audit (
    shard bigint NOT NULL,
    first bigint NOT NULL,
    count bigint NOT NULL,
    hash bytea NOT NULL,
    records bytea NOT NULL,
    PRIMARY KEY (shard, first)
);

CREATE TABLE index_token (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    code bigint NOT NULL,
    rid bigint NOT NULL,
    system bigint NOT NULL,
    PRIMARY KEY (shard, parameter, code, rid, system)
);
CREATE INDEX index_token_rid ON index_token (shard, rid, parameter);

CREATE TABLE index_text (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    folded_key text COLLATE "C" NOT NULL,
    folded text COLLATE "C" NOT NULL,
    rid bigint NOT NULL,
    exact text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (shard, parameter, folded_key, rid, digest)
);
CREATE INDEX index_text_rid ON index_text (shard, rid, parameter);

CREATE TABLE index_date (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    low bigint NOT NULL,
    rid bigint NOT NULL,
    high bigint NOT NULL,
    wide smallint NOT NULL,
    PRIMARY KEY (shard, parameter, low, rid, high)
);
CREATE INDEX index_date_wide ON index_date (shard, parameter, high) WHERE wide = 1;
CREATE INDEX index_date_rid ON index_date (shard, rid, parameter);

CREATE TABLE index_number (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    low bytea NOT NULL,
    rid bigint NOT NULL,
    high bytea NOT NULL,
    wide smallint NOT NULL,
    PRIMARY KEY (shard, parameter, low, rid, high)
);
CREATE INDEX index_number_wide ON index_number (shard, parameter, high) WHERE wide = 1;
CREATE INDEX index_number_rid ON index_number (shard, rid, parameter);

CREATE TABLE index_quantity (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    low bytea NOT NULL,
    rid bigint NOT NULL,
    high bytea NOT NULL,
    system bigint NOT NULL,
    unit bigint NOT NULL,
    wide smallint NOT NULL,
    PRIMARY KEY (shard, parameter, low, rid, high, system, unit)
);
CREATE INDEX index_quantity_unit ON index_quantity (shard, parameter, unit, low, rid, high, system);
CREATE INDEX index_quantity_wide ON index_quantity (shard, parameter, unit, high) WHERE wide = 1;
CREATE INDEX index_quantity_rid ON index_quantity (shard, rid, parameter);

CREATE TABLE index_reference (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    target bigint NOT NULL,
    rid bigint NOT NULL,
    base bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (shard, parameter, target, rid, base, version)
);
CREATE INDEX index_reference_rid ON index_reference (shard, rid, parameter);

CREATE TABLE index_uri (
    shard bigint NOT NULL,
    parameter bigint NOT NULL,
    uri bigint NOT NULL,
    rid bigint NOT NULL,
    PRIMARY KEY (shard, parameter, uri, rid)
);
CREATE INDEX index_uri_rid ON index_uri (shard, rid, parameter);
