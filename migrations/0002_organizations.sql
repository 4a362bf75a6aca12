-- Organizations, their tree and policies; resources with their policies and tags.
--
-- The same history as in the first schema. What can change about something stands in a table of its own, so that the
-- thing keeps its row id: a renamed OU is the same OU.

-- Roots, OUs and accounts. `aws_id` is r-…, ou-… or twelve digits; an OU or root made by hand may have none.
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

-- What a node is called, and the status of an account.
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

-- Where a node hangs. A root hangs nowhere; an account that hangs nowhere is in no organization that is known.
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

-- What is true of the organization that a root is the root of. `scps` and `rcps` say whether those types of
-- policies are enabled on the root.
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

-- Service and resource control policies. `organization_id` tells those that were imported from it.
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

-- Their names and documents. A policy that is only listed has no document.
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

-- Which of these policies is attached to which node.
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

-- Buckets, keys, queues, VPC endpoints, …: whatever has an ARN and is no principal.
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

-- Whose a resource is, where its ARN does not say it.
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

-- The policy on a resource; a resource without a row here has none.
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

-- Tags of resources. Unlike IAM, most services tell keys apart by upper and lower case.
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
