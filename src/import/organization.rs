//! What `aws organizations` prints (R-FMT-20): the tree, the policies, and which is attached to what.
//!
//! The lists do not say what they were asked for (R-FMT-23). So the name of the file says it, or that of its
//! folder: any name that holds the id will do, such as `list-targets-for-policy-p-abcd1234.json`.

mod ids;
mod raw;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::document::DocumentRef;
use super::error::Place;
use super::file::FileReader;
use super::gaad::{RawPolicy, required};
use super::{ImportError, Warning};
use crate::arn::{AccountId, Arn};
use crate::store::{FeatureSet, NodeKind, OrganizationPolicyType, TypeStatus};
pub(super) use ids::kind_of;
use ids::{ids_for, is_policy};
use raw::{Page, RawDescribed, RawNode, RawOrganization, RawRoot};

/// Everything that the files of one import say about an organization.
#[derive(Debug, Default)]
pub(super) struct OrganizationDump {
    /// `o-…`, and the file that said so first.
    pub(super) id: Option<(String, String)>,
    pub(super) management_account: Option<AccountId>,
    pub(super) feature_set: Option<FeatureSet>,
    /// Of the root: the policy types that are enabled on it.
    pub(super) enabled: Option<BTreeSet<OrganizationPolicyType>>,
    pub(super) nodes: BTreeMap<String, NodeRecord>,
    /// What hangs under what, and the file that says so.
    pub(super) parents: BTreeMap<String, (String, String)>,
    pub(super) policies: BTreeMap<String, OrganizationPolicyRecord>,
    /// The ids of policies of types that decide nothing (R-FMT-21).
    pub(super) ignored: BTreeSet<String>,
    /// Policy and node, and the file that says so first.
    pub(super) attachments: BTreeMap<(String, String), String>,
    pages: BTreeMap<Listed, Pages>,
}

/// A root, OU or account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeRecord {
    pub(super) kind: NodeKind,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    /// It was only named as a parent or child.
    pub(super) only_referred: bool,
}

/// A service or resource control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrganizationPolicyRecord {
    pub(super) policy_type: OrganizationPolicyType,
    pub(super) name: String,
    pub(super) of_aws: bool,
    pub(super) document: Option<DocumentRef>,
}

/// What a list is of, so that what it does not have can be told to be gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Listed {
    /// Every account of the organization.
    Accounts,
    /// The accounts right under a node.
    AccountsUnder(String),
    /// The OUs right under a node.
    OusUnder(String),
    /// What a policy is attached to.
    TargetsOf(String),
    /// The policies of a type attached to a node.
    PoliciesOf(String, OrganizationPolicyType),
    /// Every policy of a type.
    Policies(OrganizationPolicyType),
}

/// The pages of one list.
#[derive(Debug, Default)]
struct Pages {
    has_end: bool,
    truncated: Option<String>,
}

impl OrganizationDump {
    /// Whether something of an organization was found.
    pub(super) fn is_empty(&self) -> bool {
        self.id.is_none() && self.nodes.is_empty() && self.policies.is_empty() && self.attachments.is_empty()
    }

    /// Whether a list was read to its end.
    pub(super) fn covers(&self, listed: &Listed) -> bool {
        self.pages.get(listed).is_some_and(|pages| pages.has_end)
    }

    /// Whether every account that there is was listed: at once, or node by node.
    pub(super) fn covers_accounts(&self) -> bool {
        let mut above = self.nodes.iter().filter(|(_, node)| node.kind != NodeKind::Account).peekable();
        self.covers(&Listed::Accounts)
            || (above.peek().is_some()
                && above.all(|(id, _)| {
                    self.covers(&Listed::AccountsUnder(id.clone()))
                        && self.covers(&Listed::OusUnder(id.clone()))
                }))
    }

    /// Refuses what cannot be a tree, and tells what is cut off.
    pub(super) fn check(&self) -> Result<Vec<Warning>, ImportError> {
        let mut roots = self.nodes.iter().filter(|(_, node)| node.kind == NodeKind::Root);
        if let (Some((one, _)), Some((other, _))) = (roots.next(), roots.next()) {
            let file = self.parents.values().find(|(parent, _)| parent == other);
            let file = file.map_or("import".to_owned(), |(_, file)| file.clone());
            return Err(content(
                &file,
                format!(
                    "`{one}` and `{other}` are both roots; an organization has one root, and an import is of one organization"
                ),
            ));
        }
        for (start, (_, file)) in &self.parents {
            let mut way = vec![start.as_str()];
            let mut at = start.as_str();
            while let Some((parent, _)) = self.parents.get(at) {
                way.push(parent);
                if parent == start {
                    let way: Vec<String> = way.iter().map(|id| format!("`{id}`")).collect();
                    return Err(content(file, format!("the tree has a circle: {}", way.join(" under "))));
                }
                if way.len() > self.parents.len() + 1 {
                    break;
                }
                at = parent;
            }
        }
        let cut_off = self.pages.values().filter(|pages| !pages.has_end);
        Ok(cut_off
            .filter_map(|pages| pages.truncated.clone())
            .map(|file| Warning::Truncated { file })
            .collect())
    }
}

fn content(file: &str, message: String) -> ImportError {
    ImportError::Content { file: file.to_owned(), place: Place::default(), message }
}

/// Whether an object with these keys is one of the outputs.
pub(super) fn is_page<'a>(mut keys: impl Iterator<Item = &'a str>) -> bool {
    keys.any(|key| {
        let known = [
            "Organization",
            "Roots",
            "OrganizationalUnits",
            "OrganizationalUnit",
            "Accounts",
            "Account",
            "Children",
            "Parents",
            "Targets",
        ];
        known.contains(&key)
    })
}

impl FileReader<'_> {
    /// Takes in one page.
    pub(super) fn organization_page(&mut self, text: &str) -> Result<(), ImportError> {
        let page: Page = serde_json::from_str(text).map_err(|error| self.shape(&error))?;
        self.take_page(page).map_err(|message| self.content(message))
    }

    fn take_page(&mut self, page: Page) -> Result<(), String> {
        let more = page.next_token.is_some();
        if let Some(raw) = page.organization {
            self.organization(raw)?;
        }
        for root in page.roots.unwrap_or_default() {
            self.root(root)?;
        }
        if let Some(unit) = page.organizational_unit {
            self.organization_node(NodeKind::Ou, unit, None)?;
        }
        if let Some(account) = page.account {
            self.organization_node(NodeKind::Account, account, None)?;
        }
        if let Some(units) = page.organizational_units {
            let parent = self.required_subject(
                &[NodeKind::Root, NodeKind::Ou],
                "a list of OUs does not say which root or OU they are under",
                "list-organizational-units-for-parent-r-ab12.json",
            );
            let parent = match parent {
                // Newer output says it of each OU.
                Err(_) if !units.is_empty() && units.iter().all(|unit| unit.path.is_some()) => None,
                parent => Some(parent?),
            };
            for unit in units {
                self.organization_node(NodeKind::Ou, unit, parent.as_deref())?;
            }
            if let Some(parent) = parent {
                self.listed(Listed::OusUnder(parent), more);
            }
        }
        if let Some(accounts) = page.accounts {
            let parent = self.subject(&[NodeKind::Root, NodeKind::Ou], "for-parent")?;
            // Taken for the list of all accounts it would make others look gone.
            if parent.is_none() && self.file.contains("for-parent") {
                return Err(self.untold(
                    "a list of accounts does not say which root or OU they are under",
                    &[],
                    "list-accounts-for-parent-r-ab12.json",
                ));
            }
            for account in accounts {
                self.organization_node(NodeKind::Account, account, parent.as_deref())?;
            }
            self.listed(parent.map_or(Listed::Accounts, Listed::AccountsUnder), more);
        }
        if let Some(children) = page.children {
            let parent = self.required_subject(
                &[NodeKind::Root, NodeKind::Ou],
                "a list of children does not say whose they are",
                "list-children-r-ab12.json",
            )?;
            for child in children {
                let id = required(child.id, "Children", "Id")?;
                match self.referred_node(&id)? {
                    NodeKind::Account => self.listed(Listed::AccountsUnder(parent.clone()), more),
                    NodeKind::Ou | NodeKind::Root => self.listed(Listed::OusUnder(parent.clone()), more),
                }
                self.under(&id, &parent)?;
            }
        }
        if let Some(parents) = page.parents {
            let child = self.required_subject(
                &[NodeKind::Ou, NodeKind::Account],
                "a list of parents does not say whose they are",
                "list-parents-123456789012.json",
            )?;
            for parent in parents {
                self.under(&child, &required(parent.id, "Parents", "Id")?)?;
            }
        }
        if let Some(targets) = page.targets {
            let [policy] = ids_for(self.file, "").policies.try_into().map_err(|found: Vec<String>| {
                self.untold(
                    "a list of targets does not say which policy is attached to them",
                    &found,
                    "list-targets-for-policy-p-abcd1234.json",
                )
            })?;
            for target in targets {
                let target = required(target.target_id, "Targets", "TargetId")?;
                self.attached(&policy, &target)?;
            }
            self.listed(Listed::TargetsOf(policy), more);
        }
        Ok(())
    }

    /// describe-policy: a summary with its content, which is always a string (R-FMT-26).
    pub(super) fn described_policy(&mut self, raw: &RawValue) -> Result<(), ImportError> {
        let raw: RawDescribed = serde_json::from_str(raw.get()).map_err(|error| self.shape(&error))?;
        self.organization_policy(raw.policy_summary, raw.content.as_deref())?;
        Ok(())
    }

    /// Takes in a policy of an organization; tells its type where it is one that counts (R-FMT-21).
    pub(super) fn organization_policy(
        &mut self,
        raw: RawPolicy,
        document: Option<&RawValue>,
    ) -> Result<Option<(String, OrganizationPolicyType)>, ImportError> {
        self.take_policy(raw, document).map_err(|message| self.content(message))
    }

    fn take_policy(
        &mut self,
        raw: RawPolicy,
        document: Option<&RawValue>,
    ) -> Result<Option<(String, OrganizationPolicyType)>, String> {
        let id = required(raw.id, "organization policy", "Id")?;
        if !is_policy(&id) {
            return Err(format!("`{id}` is not the id of a policy; expected p-…"));
        }
        let name = required(raw.name, &id, "Name")?;
        let type_name = required(raw.r#type, &id, "Type")?;
        let types = OrganizationPolicyType::ALL;
        let Some(policy_type) = types.into_iter().find(|one| one.aws_name() == type_name) else {
            self.dump().ignored.insert(id);
            return Ok(None);
        };
        self.claim_organization(raw.arn.as_deref())?;
        let document = document.map(|document| {
            let what = || format!("{policy_type}/{name}");
            self.reading.estate.documents.keep_raw(document, policy_type.policy_type(), what)
        });
        let of_aws = raw.aws_managed.unwrap_or(false);
        let new = OrganizationPolicyRecord { policy_type, name, of_aws, document };
        let known = self.dump().policies.entry(id.clone()).or_insert_with(|| new.clone());
        known.document = known.document.or(new.document);
        if *known != (OrganizationPolicyRecord { document: new.document.or(known.document), ..new }) {
            return Err(format!("`{id}` is described twice, differently"));
        }
        Ok(Some((id, policy_type)))
    }

    /// What a list of policies is of, once it was read: all of them, or those of a node that the file's name tells.
    pub(super) fn listed_policies(
        &mut self,
        found: &BTreeSet<(String, OrganizationPolicyType)>,
        more: bool,
    ) -> Result<(), ImportError> {
        if found.is_empty() {
            return Ok(());
        }
        let target = self
            .subject(&NodeKind::ALL, "for-target")
            .and_then(|target| match target {
                None if self.file.contains("for-target") => Err(self.untold(
                    "a list of policies does not say what they are attached to",
                    &[],
                    "list-policies-for-target-ou-ab12-abcd1234.json",
                )),
                target => Ok(target),
            })
            .map_err(|message| self.content(message))?;
        for (policy, policy_type) in found {
            match &target {
                None => self.listed(Listed::Policies(*policy_type), more),
                Some(target) => {
                    self.attached(policy, target).map_err(|message| self.content(message))?;
                    self.listed(Listed::PoliciesOf(target.clone(), *policy_type), more);
                }
            }
        }
        Ok(())
    }

    fn dump(&mut self) -> &mut OrganizationDump {
        &mut self.reading.estate.organization
    }

    fn organization(&mut self, raw: RawOrganization) -> Result<(), String> {
        let id = required(raw.id, "Organization", "Id")?;
        self.claim(&id)?;
        let management = raw.master_account_id.map(|account| {
            AccountId::parse(&account).ok_or_else(|| format!("`{account}` is not the id of an account"))
        });
        let feature_set = raw.feature_set.map(|word| {
            let known = FeatureSet::ALL.into_iter().find(|one| one.as_str() == word);
            known.ok_or_else(|| format!("`FeatureSet` is `{word}`; expected ALL or CONSOLIDATED_BILLING"))
        });
        let (management, feature_set) = (management.transpose()?, feature_set.transpose()?);
        let dump = self.dump();
        dump.management_account = management.or(dump.management_account.take());
        dump.feature_set = feature_set.or(dump.feature_set);
        Ok(())
    }

    fn root(&mut self, raw: RawRoot) -> Result<(), String> {
        let id = required(raw.id, "Roots", "Id")?;
        if kind_of(&id) != Some(NodeKind::Root) {
            return Err(format!("`{id}` is not the id of a root; expected r-…"));
        }
        self.claim_organization(raw.arn.as_deref())?;
        let mut enabled = BTreeSet::new();
        for of_type in raw.policy_types.unwrap_or_default() {
            let types = OrganizationPolicyType::ALL.into_iter();
            let status = if of_type.status.as_deref() == Some("ENABLED") {
                TypeStatus::Enabled
            } else {
                TypeStatus::Disabled
            };
            if status == TypeStatus::Enabled {
                enabled.extend(types.filter(|one| Some(one.aws_name()) == of_type.r#type.as_deref()));
            }
        }
        self.dump().enabled = Some(enabled);
        self.node(id, NodeRecord { kind: NodeKind::Root, name: raw.name, status: None, only_referred: false })
    }

    fn organization_node(
        &mut self,
        kind: NodeKind,
        raw: RawNode,
        parent: Option<&str>,
    ) -> Result<(), String> {
        let id = required(raw.id, kind.as_str(), "Id")?;
        if kind_of(&id) != Some(kind) {
            return Err(format!("`{id}` is not the id of an {kind}"));
        }
        self.claim_organization(raw.arn.as_deref())?;
        let name = raw.name.filter(|name| !name.is_empty());
        // The newer field goes first (R-FMT-22).
        let status = raw.state.or(raw.status);
        self.node(id.clone(), NodeRecord { kind, name, status, only_referred: false })?;
        if let Some(parent) = parent {
            self.under(&id, parent)?;
        }
        for path in raw.path.iter().chain(raw.paths.iter().flatten()) {
            self.path(&id, path)?;
        }
        Ok(())
    }

    /// `o-x/r-y/ou-a/ou-b/`, with or without the id of the account or OU itself at its end (R-FMT-25).
    fn path(&mut self, id: &str, path: &str) -> Result<(), String> {
        let mut way: Vec<&str> = path.split('/').filter(|part| kind_of(part).is_some()).collect();
        way.retain(|part| *part != id);
        way.push(id);
        for pair in way.windows(2) {
            if let [parent, child] = pair {
                self.under(child, parent)?;
            }
        }
        Ok(())
    }

    /// What is said of a node more than once must be the same.
    fn node(&mut self, id: String, new: NodeRecord) -> Result<(), String> {
        let known = self.dump().nodes.entry(id.clone()).or_insert_with(|| new.clone());
        if known.only_referred {
            *known = new;
        } else if !new.only_referred && *known != new {
            return Err(format!("`{id}` is described twice, differently"));
        }
        Ok(())
    }

    fn referred_node(&mut self, id: &str) -> Result<NodeKind, String> {
        let kind = kind_of(id).ok_or_else(|| format!("`{id}` is not the id of a root, OU or account"))?;
        self.node(id.to_owned(), NodeRecord { kind, name: None, status: None, only_referred: true })?;
        Ok(kind)
    }

    fn under(&mut self, child: &str, parent: &str) -> Result<(), String> {
        let kinds = (self.referred_node(child)?, self.referred_node(parent)?);
        if kinds.0 == NodeKind::Root || kinds.1 == NodeKind::Account {
            return Err(format!("`{child}` cannot be under `{parent}`"));
        }
        let file = self.file.to_owned();
        let (known, first) =
            self.dump().parents.entry(child.to_owned()).or_insert_with(|| (parent.to_owned(), file));
        if known != parent {
            return Err(format!(
                "`{child}` is in two places: under `{parent}`, and in {first} under `{known}`"
            ));
        }
        Ok(())
    }

    fn attached(&mut self, policy: &str, target: &str) -> Result<(), String> {
        if kind_of(target).is_none() {
            return Err(format!("`{target}` is not the id of a root, OU or account"));
        }
        let file = self.file.to_owned();
        self.dump().attachments.entry((policy.to_owned(), target.to_owned())).or_insert(file);
        Ok(())
    }

    fn listed(&mut self, listed: Listed, more: bool) {
        let file = self.file.to_owned();
        let pages = self.dump().pages.entry(listed).or_default();
        if more {
            pages.truncated = Some(file);
        } else {
            pages.has_end = true;
        }
    }

    /// `arn:aws:organizations::111111111111:ou/o-abc/ou-…` says the organization.
    fn claim_organization(&mut self, arn: Option<&str>) -> Result<(), String> {
        let arn = arn.and_then(Arn::parse).filter(|arn| arn.service() == "organizations");
        let id = arn.and_then(|arn| arn.resource().split('/').nth(1).map(str::to_owned));
        match id.filter(|id| id.starts_with("o-")) {
            Some(id) => self.claim(&id),
            None => Ok(()),
        }
    }

    fn claim(&mut self, id: &str) -> Result<(), String> {
        let file = self.file.to_owned();
        let (known, first) = self.dump().id.get_or_insert_with(|| (id.to_owned(), file));
        if known != id {
            return Err(format!(
                "this is of `{id}`, and {first} of `{known}`; an import is of one organization"
            ));
        }
        Ok(())
    }

    /// The one id of these kinds that the file's name tells.
    fn subject(&self, kinds: &[NodeKind], words: &str) -> Result<Option<String>, String> {
        let mut found = ids_for(self.file, words).nodes;
        found.retain(|id| kind_of(id).is_some_and(|kind| kinds.contains(&kind)));
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            several => Err(self.untold("the name of the file does not say what the list is of", several, "")),
        }
    }

    fn required_subject(&self, kinds: &[NodeKind], problem: &str, example: &str) -> Result<String, String> {
        self.subject(kinds, "")?.ok_or_else(|| self.untold(problem, &[], example))
    }

    fn untold(&self, problem: &str, found: &[String], example: &str) -> String {
        let found: Vec<String> = found.iter().map(|id| format!("`{id}`")).collect();
        let found = match found.as_slice() {
            [] => String::new(),
            several => format!(": it could be {}", several.join(", ")),
        };
        let name = if example.is_empty() { String::new() } else { format!(", such as {example}") };
        format!("{problem}{found}; name the file after exactly one id{name}")
    }
}
