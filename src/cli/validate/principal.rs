//! What the identity policies of one principal come to together.

use super::super::at::When;
use super::super::error::{COSTLY, CliError};
use super::super::name::label;
use super::super::resolve::resolve_principal;
use super::super::session::Session;
use super::{Checked, Document};
use crate::analysis::Part;
use crate::catalog::Catalog;
use crate::layers::Layer;
use crate::store::{At, Principal};
use crate::stored;
use crate::validate::{Options, Validator};

/// Every policy that it has, also through groups, with what was found in it.
pub(super) fn checked(
    name: &str,
    validator: &Validator<'_>,
    catalog: &Catalog,
    session: &mut Session,
) -> Result<Vec<Checked>, CliError> {
    session.read(&When(At::Now), |snapshot, _| {
        let principal = resolve_principal(snapshot, name)?;
        let subject = stored::subject(snapshot, &principal, None, catalog, &Part::default())?;
        let groups = snapshot.groups_of(principal.key)?;
        let named = |group: &Principal| format!("group{}{}", group.path, group.name);
        let groups: Vec<String> = groups.iter().map(named).collect();
        let found = validator.prove_together(&subject, &groups);
        let found = found.map_err(|error| CliError::no_answer(&label(&principal), &error, COSTLY))?;
        let policies = subject.situations.first().map(|first| first.layers.policies(Layer::Identity));
        let checked = policies.into_iter().flatten().filter_map(|policy| {
            let document = Document::stored(policy.name.clone(), policy.document.as_ref()?.text.clone());
            let own = found.iter().find(|(of, _)| std::ptr::eq(*of, policy));
            let findings = own.map(|(_, findings)| findings.clone()).unwrap_or_default();
            Some(Checked { document, options: Options::new(policy.policy_type), findings })
        });
        Ok(checked.collect())
    })
}
