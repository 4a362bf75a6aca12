//! What principals have in common that differ by name, tags and policies only, and by what policies tell them apart all
//! the same.

use crate::arn::AccountId;
use crate::policy::PrincipalEntry;
use crate::store::{Principal, PrincipalKind};
use crate::stored::Holder;

/// All that tells the answers of principals without policies apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    account: Option<AccountId>,
    partition: String,
    kind: PrincipalKind,
    is_service_linked: bool,
    may_bring_tags: bool,
}

impl Kind {
    pub(super) fn of(holder: &Holder) -> Kind {
        let Principal { account, partition, kind, path, .. } = &holder.principal;
        Kind {
            account: account.clone(),
            partition: partition.clone(),
            kind: *kind,
            is_service_linked: *kind == PrincipalKind::Role && path.starts_with("/aws-service-role/"),
            may_bring_tags: holder.may_bring_tags,
        }
    }
}

/// By what a principal entry names one user or role: its name, or its unique id.
pub(crate) fn name(entry: &PrincipalEntry) -> Option<String> {
    match entry {
        PrincipalEntry::User(arn) | PrincipalEntry::Role(arn) => {
            arn.resource().rsplit('/').next().map(str::to_owned)
        }
        PrincipalEntry::Session(arn) => arn.resource().split('/').nth(1).map(str::to_owned),
        PrincipalEntry::UniqueId(id) => id.split(':').next().map(str::to_owned),
        PrincipalEntry::Everyone
        | PrincipalEntry::Account { .. }
        | PrincipalEntry::FederatedUser(_)
        | PrincipalEntry::OriginAccessIdentity(_)
        | PrincipalEntry::Service(_)
        | PrincipalEntry::Federated(_)
        | PrincipalEntry::CanonicalUser(_) => None,
    }
}
