CREATE TABLE changes (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    time TEXT NOT NULL CHECK (time GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'),
    actor TEXT NOT NULL,
    command TEXT NOT NULL,
    summary TEXT NOT NULL,
    previous_hash TEXT NOT NULL CHECK (length(previous_hash) = 64),
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    canonical TEXT NOT NULL
) STRICT;
CREATE TABLE document_texts (
    sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    document TEXT NOT NULL REFERENCES documents (sha256),
    text TEXT NOT NULL
) STRICT;
CREATE INDEX document_texts_of_document ON document_texts (document);
CREATE TABLE settings (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    value TEXT NOT NULL,
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "an account has twelve digits"
        CHECK (name <> 'account' OR (length(value) = 12 AND value NOT GLOB '*[^0-9]*')),
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX settings_once ON settings (name) WHERE valid_to IS NULL;
CREATE INDEX settings_opened ON settings (valid_from);
CREATE INDEX settings_closed ON settings (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE principals (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group', 'role')),
    partition TEXT NOT NULL CHECK (partition <> ''),
    account TEXT CONSTRAINT "an account has twelve digits" CHECK (length(account) = 12 AND account NOT GLOB '*[^0-9]*'),
    path TEXT NOT NULL CONSTRAINT "a path begins and ends with /" CHECK (path GLOB '/*' AND path GLOB '*/'),
    name TEXT NOT NULL CONSTRAINT "a name is not empty" CHECK (name <> ''),
    unique_id TEXT,
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX principals_once ON principals (name, kind, coalesce(account, '')) WHERE valid_to IS NULL;
CREATE INDEX principals_named ON principals (name);
CREATE INDEX principals_opened ON principals (valid_from);
CREATE INDEX principals_closed ON principals (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principals (id),
    key TEXT NOT NULL CONSTRAINT "a tag key is not empty" CHECK (key <> ''),
    value TEXT NOT NULL,
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX tags_once ON tags (principal_id, key COLLATE NOCASE) WHERE valid_to IS NULL;
CREATE INDEX tags_of_principal ON tags (principal_id);
CREATE INDEX tags_opened ON tags (valid_from);
CREATE INDEX tags_closed ON tags (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE group_memberships (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES principals (id),
    group_id INTEGER NOT NULL REFERENCES principals (id),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX group_memberships_once ON group_memberships (user_id, group_id) WHERE valid_to IS NULL;
CREATE INDEX group_memberships_of_user ON group_memberships (user_id);
CREATE INDEX group_memberships_of_group ON group_memberships (group_id);
CREATE INDEX group_memberships_opened ON group_memberships (valid_from);
CREATE INDEX group_memberships_closed ON group_memberships (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE policies (
    id INTEGER PRIMARY KEY,
    partition TEXT NOT NULL CHECK (partition <> ''),
    owner TEXT NOT NULL CHECK (owner IN ('aws', 'account')),
    account TEXT CONSTRAINT "an account has twelve digits" CHECK (length(account) = 12 AND account NOT GLOB '*[^0-9]*'),
    path TEXT NOT NULL CONSTRAINT "a path begins and ends with /" CHECK (path GLOB '/*' AND path GLOB '*/'),
    name TEXT NOT NULL CONSTRAINT "a name is not empty" CHECK (name <> ''),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "AWS's own policies have no account" CHECK (owner = 'account' OR account IS NULL),
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX policies_once ON policies (name, owner, partition, coalesce(account, '')) WHERE valid_to IS NULL;
CREATE INDEX policies_named ON policies (name);
CREATE INDEX policies_opened ON policies (valid_from);
CREATE INDEX policies_closed ON policies (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE policy_versions (
    id INTEGER PRIMARY KEY,
    policy_id INTEGER NOT NULL REFERENCES policies (id),
    number INTEGER NOT NULL CONSTRAINT "versions count from 1" CHECK (number BETWEEN 1 AND 4294967295),
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    document_text TEXT NOT NULL REFERENCES document_texts (sha256),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX policy_versions_once ON policy_versions (policy_id, number) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX policy_versions_one_default ON policy_versions (policy_id) WHERE valid_to IS NULL AND is_default = 1;
CREATE INDEX policy_versions_of_policy ON policy_versions (policy_id);
CREATE INDEX policy_versions_of_text ON policy_versions (document_text);
CREATE INDEX policy_versions_opened ON policy_versions (valid_from);
CREATE INDEX policy_versions_closed ON policy_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principals (id),
    policy_id INTEGER NOT NULL REFERENCES policies (id),
    kind TEXT NOT NULL CHECK (kind IN ('managed', 'boundary')),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX attachments_once ON attachments (principal_id, policy_id, kind) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX attachments_one_boundary ON attachments (principal_id) WHERE valid_to IS NULL AND kind = 'boundary';
CREATE INDEX attachments_of_principal ON attachments (principal_id);
CREATE INDEX attachments_of_policy ON attachments (policy_id);
CREATE INDEX attachments_opened ON attachments (valid_from);
CREATE INDEX attachments_closed ON attachments (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE inline_policies (
    id INTEGER PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principals (id),
    name TEXT NOT NULL CONSTRAINT "a name is not empty" CHECK (name <> ''),
    document_text TEXT NOT NULL REFERENCES document_texts (sha256),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX inline_policies_once ON inline_policies (principal_id, name) WHERE valid_to IS NULL;
CREATE INDEX inline_policies_of_principal ON inline_policies (principal_id);
CREATE INDEX inline_policies_of_text ON inline_policies (document_text);
CREATE INDEX inline_policies_opened ON inline_policies (valid_from);
CREATE INDEX inline_policies_closed ON inline_policies (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE trust_policies (
    id INTEGER PRIMARY KEY,
    principal_id INTEGER NOT NULL REFERENCES principals (id),
    document_text TEXT NOT NULL REFERENCES document_texts (sha256),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX trust_policies_once ON trust_policies (principal_id) WHERE valid_to IS NULL;
CREATE INDEX trust_policies_of_principal ON trust_policies (principal_id);
CREATE INDEX trust_policies_of_text ON trust_policies (document_text);
CREATE INDEX trust_policies_opened ON trust_policies (valid_from);
CREATE INDEX trust_policies_closed ON trust_policies (valid_to) WHERE valid_to IS NOT NULL;
CREATE VIEW current_settings AS
SELECT name, value, valid_from AS since_change
FROM settings
WHERE valid_to IS NULL;
CREATE VIEW current_principals AS
SELECT
    p.id,
    'arn:' || p.partition || ':iam::' || coalesce(p.account, own.value, '000000000000') || ':' || p.kind || p.path || p.name AS arn,
    p.kind,
    coalesce(p.account, own.value) AS account,
    p.path,
    p.name,
    p.unique_id,
    p.valid_from AS since_change
FROM principals AS p
LEFT JOIN current_settings AS own ON own.name = 'account'
WHERE p.valid_to IS NULL;
CREATE VIEW current_tags AS
SELECT p.arn AS principal_arn, t.key, t.value, t.valid_from AS since_change
FROM tags AS t
JOIN current_principals AS p ON p.id = t.principal_id
WHERE t.valid_to IS NULL;
CREATE VIEW current_group_memberships AS
SELECT u.name AS user_name, g.name AS group_name, u.arn AS user_arn, g.arn AS group_arn, m.valid_from AS since_change
FROM group_memberships AS m
JOIN current_principals AS u ON u.id = m.user_id
JOIN current_principals AS g ON g.id = m.group_id
WHERE m.valid_to IS NULL;
CREATE VIEW current_policies AS
SELECT
    q.id,
    'arn:' || q.partition || ':iam::'
        || CASE q.owner WHEN 'aws' THEN 'aws' ELSE coalesce(q.account, own.value, '000000000000') END
        || ':policy' || q.path || q.name AS arn,
    q.owner,
    CASE q.owner WHEN 'account' THEN coalesce(q.account, own.value) END AS account,
    q.path,
    q.name,
    v.number AS default_version,
    q.valid_from AS since_change
FROM policies AS q
LEFT JOIN current_settings AS own ON own.name = 'account'
LEFT JOIN policy_versions AS v ON v.policy_id = q.id AND v.is_default = 1 AND v.valid_to IS NULL
WHERE q.valid_to IS NULL;
CREATE VIEW current_policy_versions AS
SELECT
    q.arn AS policy_arn,
    'v' || v.number AS version,
    CASE v.is_default WHEN 1 THEN 'default' ELSE '' END AS is_default,
    t.document AS document,
    t.text AS text,
    v.valid_from AS since_change
FROM policy_versions AS v
JOIN current_policies AS q ON q.id = v.policy_id
JOIN document_texts AS t ON t.sha256 = v.document_text
WHERE v.valid_to IS NULL;
CREATE VIEW current_attachments AS
SELECT
    p.arn AS principal_arn,
    p.name AS principal_name,
    a.kind AS attached_as,
    q.name AS policy_name,
    q.arn AS policy_arn,
    a.valid_from AS since_change
FROM attachments AS a
JOIN current_principals AS p ON p.id = a.principal_id
JOIN current_policies AS q ON q.id = a.policy_id
WHERE a.valid_to IS NULL
UNION ALL
SELECT p.arn, p.name, 'inline', i.name, NULL, i.valid_from
FROM inline_policies AS i
JOIN current_principals AS p ON p.id = i.principal_id
WHERE i.valid_to IS NULL;
CREATE VIEW current_accounts AS
SELECT account, sum(kind = 'user') AS users, sum(kind = 'group') AS groups, sum(kind = 'role') AS roles,
    sum(kind = 'policy') AS policies
FROM (
    SELECT account, kind FROM current_principals
    UNION ALL
    SELECT account, 'policy' FROM current_policies WHERE owner = 'account'
    UNION ALL
    SELECT value, 'own' FROM current_settings WHERE name = 'account'
)
WHERE account IS NOT NULL
GROUP BY account;
CREATE TABLE organization_nodes (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('root', 'ou', 'account')),
    aws_id TEXT CONSTRAINT "an id is not empty" CHECK (aws_id <> ''),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "an account has twelve digits"
        CHECK (kind <> 'account' OR (aws_id IS NOT NULL AND length(aws_id) = 12 AND aws_id NOT GLOB '*[^0-9]*')),
    CONSTRAINT "a root is r-…" CHECK (kind <> 'root' OR aws_id GLOB 'r-*'),
    CONSTRAINT "an OU is ou-…" CHECK (kind <> 'ou' OR aws_id GLOB 'ou-*'),
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_nodes_once ON organization_nodes (aws_id) WHERE valid_to IS NULL;
CREATE INDEX organization_nodes_opened ON organization_nodes (valid_from);
CREATE INDEX organization_nodes_closed ON organization_nodes (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE organization_node_details (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES organization_nodes (id),
    name TEXT CONSTRAINT "a name is not empty" CHECK (name <> ''),
    status TEXT CONSTRAINT "a status is not empty" CHECK (status <> ''),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_node_details_once ON organization_node_details (node_id) WHERE valid_to IS NULL;
CREATE INDEX organization_node_details_of_node ON organization_node_details (node_id);
CREATE INDEX organization_node_details_opened ON organization_node_details (valid_from);
CREATE INDEX organization_node_details_closed ON organization_node_details (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE organization_placements (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES organization_nodes (id),
    parent_id INTEGER NOT NULL REFERENCES organization_nodes (id),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "nothing hangs under itself" CHECK (node_id <> parent_id),
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_placements_once ON organization_placements (node_id) WHERE valid_to IS NULL;
CREATE INDEX organization_placements_of_node ON organization_placements (node_id);
CREATE INDEX organization_placements_of_parent ON organization_placements (parent_id);
CREATE INDEX organization_placements_opened ON organization_placements (valid_from);
CREATE INDEX organization_placements_closed ON organization_placements (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE organizations (
    id INTEGER PRIMARY KEY,
    root_id INTEGER NOT NULL REFERENCES organization_nodes (id),
    organization_id TEXT CONSTRAINT "an organization is o-…" CHECK (organization_id GLOB 'o-*'),
    management_account TEXT CONSTRAINT "an account has twelve digits"
        CHECK (length(management_account) = 12 AND management_account NOT GLOB '*[^0-9]*'),
    feature_set TEXT NOT NULL CHECK (feature_set IN ('ALL', 'CONSOLIDATED_BILLING')),
    scps TEXT NOT NULL CHECK (scps IN ('enabled', 'disabled')),
    rcps TEXT NOT NULL CHECK (rcps IN ('enabled', 'disabled')),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organizations_once ON organizations (root_id) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX organizations_one_of_id ON organizations (organization_id) WHERE valid_to IS NULL;
CREATE INDEX organizations_of_root ON organizations (root_id);
CREATE INDEX organizations_opened ON organizations (valid_from);
CREATE INDEX organizations_closed ON organizations (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE organization_policies (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL CHECK (type IN ('scp', 'rcp')),
    aws_id TEXT CONSTRAINT "a policy is p-…" CHECK (aws_id GLOB 'p-*'),
    owner TEXT NOT NULL CHECK (owner IN ('aws', 'customer')),
    organization_id TEXT CONSTRAINT "an organization is o-…" CHECK (organization_id GLOB 'o-*'),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_policies_once ON organization_policies (aws_id) WHERE valid_to IS NULL;
CREATE INDEX organization_policies_opened ON organization_policies (valid_from);
CREATE INDEX organization_policies_closed ON organization_policies (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE organization_policy_contents (
    id INTEGER PRIMARY KEY,
    policy_id INTEGER NOT NULL REFERENCES organization_policies (id),
    name TEXT NOT NULL CONSTRAINT "a name is not empty" CHECK (name <> ''),
    document_text TEXT REFERENCES document_texts (sha256),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_policy_contents_once ON organization_policy_contents (policy_id) WHERE valid_to IS NULL;
CREATE INDEX organization_policy_contents_of_policy ON organization_policy_contents (policy_id);
CREATE INDEX organization_policy_contents_of_text ON organization_policy_contents (document_text);
CREATE INDEX organization_policy_contents_opened ON organization_policy_contents (valid_from);
CREATE INDEX organization_policy_contents_closed ON organization_policy_contents (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE organization_attachments (
    id INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES organization_nodes (id),
    policy_id INTEGER NOT NULL REFERENCES organization_policies (id),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_attachments_once ON organization_attachments (node_id, policy_id) WHERE valid_to IS NULL;
CREATE INDEX organization_attachments_of_node ON organization_attachments (node_id);
CREATE INDEX organization_attachments_of_policy ON organization_attachments (policy_id);
CREATE INDEX organization_attachments_opened ON organization_attachments (valid_from);
CREATE INDEX organization_attachments_closed ON organization_attachments (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE resources (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL CONSTRAINT "an ARN begins with arn:" CHECK (arn GLOB 'arn:*'),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX resources_once ON resources (arn) WHERE valid_to IS NULL;
CREATE INDEX resources_opened ON resources (valid_from);
CREATE INDEX resources_closed ON resources (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE resource_owners (
    id INTEGER PRIMARY KEY,
    resource_id INTEGER NOT NULL REFERENCES resources (id),
    account TEXT NOT NULL CONSTRAINT "an account has twelve digits" CHECK (length(account) = 12 AND account NOT GLOB '*[^0-9]*'),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX resource_owners_once ON resource_owners (resource_id) WHERE valid_to IS NULL;
CREATE INDEX resource_owners_of_resource ON resource_owners (resource_id);
CREATE INDEX resource_owners_opened ON resource_owners (valid_from);
CREATE INDEX resource_owners_closed ON resource_owners (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE resource_policies (
    id INTEGER PRIMARY KEY,
    resource_id INTEGER NOT NULL REFERENCES resources (id),
    document_text TEXT NOT NULL REFERENCES document_texts (sha256),
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX resource_policies_once ON resource_policies (resource_id) WHERE valid_to IS NULL;
CREATE INDEX resource_policies_of_resource ON resource_policies (resource_id);
CREATE INDEX resource_policies_of_text ON resource_policies (document_text);
CREATE INDEX resource_policies_opened ON resource_policies (valid_from);
CREATE INDEX resource_policies_closed ON resource_policies (valid_to) WHERE valid_to IS NOT NULL;
CREATE TABLE resource_tags (
    id INTEGER PRIMARY KEY,
    resource_id INTEGER NOT NULL REFERENCES resources (id),
    key TEXT NOT NULL CONSTRAINT "a tag key is not empty" CHECK (key <> ''),
    value TEXT NOT NULL,
    valid_from INTEGER NOT NULL REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    valid_to INTEGER REFERENCES changes (number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "valid_to is after valid_from" CHECK (valid_to > valid_from)
) STRICT;
CREATE UNIQUE INDEX resource_tags_once ON resource_tags (resource_id, key) WHERE valid_to IS NULL;
CREATE INDEX resource_tags_of_resource ON resource_tags (resource_id);
CREATE INDEX resource_tags_opened ON resource_tags (valid_from);
CREATE INDEX resource_tags_closed ON resource_tags (valid_to) WHERE valid_to IS NOT NULL;
CREATE VIEW current_organizations AS
SELECT o.organization_id, r.aws_id AS root, o.management_account, o.feature_set, o.scps, o.rcps, o.valid_from AS since_change
FROM organizations AS o
JOIN organization_nodes AS r ON r.id = o.root_id
WHERE o.valid_to IS NULL;
CREATE VIEW current_organization_nodes AS
SELECT n.id, n.kind, n.aws_id, d.name, d.status, p.parent_id, n.valid_from AS since_change
FROM organization_nodes AS n
LEFT JOIN organization_node_details AS d ON d.node_id = n.id AND d.valid_to IS NULL
LEFT JOIN organization_placements AS p ON p.node_id = n.id AND p.valid_to IS NULL
WHERE n.valid_to IS NULL;
CREATE VIEW current_organization_policies AS
SELECT p.id, p.type, p.aws_id, c.name, p.owner, t.text, c.valid_from AS since_change
FROM organization_policies AS p
JOIN organization_policy_contents AS c ON c.policy_id = p.id AND c.valid_to IS NULL
LEFT JOIN document_texts AS t ON t.sha256 = c.document_text
WHERE p.valid_to IS NULL;
CREATE VIEW current_organization_attachments AS
SELECT n.kind AS node_kind, n.aws_id AS node_aws_id, n.name AS node_name, p.type, p.name AS policy_name, p.aws_id AS policy_aws_id,
    a.valid_from AS since_change
FROM organization_attachments AS a
JOIN current_organization_nodes AS n ON n.id = a.node_id
JOIN current_organization_policies AS p ON p.id = a.policy_id
WHERE a.valid_to IS NULL;
CREATE VIEW current_resources AS
SELECT r.arn, o.account, t.text AS policy, r.valid_from AS since_change
FROM resources AS r
LEFT JOIN resource_owners AS o ON o.resource_id = r.id AND o.valid_to IS NULL
LEFT JOIN resource_policies AS p ON p.resource_id = r.id AND p.valid_to IS NULL
LEFT JOIN document_texts AS t ON t.sha256 = p.document_text
WHERE r.valid_to IS NULL;
CREATE VIEW current_resource_tags AS
SELECT r.arn, t.key, t.value, t.valid_from AS since_change
FROM resource_tags AS t
JOIN resources AS r ON r.id = t.resource_id
WHERE t.valid_to IS NULL;
