//! The smallest policy that is proved to mean the same.
//!
//! Statements are joined and entries left out, one at a time, and each step is kept only if the algebra finds that the
//! policy still means the same wherever it is attached. What comes out is a least one among these steps, not among
//! all policies.

use super::{Analysis, AnalysisError, Subject, alone};
use crate::algebra::Set;
use crate::layers::LayerPolicy;
use crate::policy::{Policy, PolicyType, Selector, Spanned, Statement, parse, size};

/// A policy made smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimized {
    /// The document.
    pub text: String,
    /// Its size in IAM's count of characters (R-GRM-60).
    pub size: usize,
    /// That of the policy it was made of.
    pub before: usize,
}

impl Analysis<'_> {
    /// A policy of a type that means the same as a text and is as small as the steps make it; the text itself, where
    /// nothing else is proved to mean the same.
    pub fn minimize(&mut self, text: &str, policy_type: PolicyType) -> Result<Minimized, AnalysisError> {
        let before = size(text);
        let original = subject(text, policy_type);
        let mut policy = parse(text, policy_type).policy;
        policy = self.attempt(&original, policy_type, policy, joined)?;
        let mut nth = 0;
        while nth < policy.statements.len() {
            let without = dropped(&policy, nth);
            if policy.statements.len() > 1 && self.means(&original, &without, policy_type)? {
                policy = without;
            } else {
                nth += 1;
            }
        }
        for nth in 0..policy.statements.len() {
            for element in [Element::Action, Element::Resource] {
                let needless = self.covered_entries(&policy, policy_type, nth, element)?;
                policy = self.with_fewer_entries(&original, policy, policy_type, (nth, element), needless)?;
            }
            policy = self.with_fewer_conditions(&original, policy, policy_type, nth)?;
        }
        policy = self.attempt(&original, policy_type, policy, joined)?;
        policy = self.attempt(&original, policy_type, policy, without_sids)?;
        // The steps were each compared as documents; where none was kept, this is the first time.
        let is_proved = self.means(&original, &policy, policy_type)?;
        let text = if is_proved { policy.to_json().to_string() } else { text.trim().to_owned() };
        Ok(Minimized { size: size(&text), before, text })
    }

    /// Whether a policy means the same as the original.
    fn means(
        &mut self,
        original: &Subject,
        policy: &Policy,
        policy_type: PolicyType,
    ) -> Result<bool, AnalysisError> {
        self.compiler.arena().renew(self.budget);
        let candidate = subject(&policy.to_json().to_string(), policy_type);
        self.is_same_meaning(original, &candidate)
    }

    /// A step, if it changes nothing.
    fn attempt(
        &mut self,
        original: &Subject,
        policy_type: PolicyType,
        policy: Policy,
        step: impl Fn(&Policy) -> Policy,
    ) -> Result<Policy, AnalysisError> {
        let changed = step(&policy);
        Ok(if self.means(original, &changed, policy_type)? { changed } else { policy })
    }

    /// The entries of a list that all other lists of the policy together cover: only these may be needless.
    fn covered_entries(
        &mut self,
        policy: &Policy,
        policy_type: PolicyType,
        nth: usize,
        element: Element,
    ) -> Result<Vec<usize>, AnalysisError> {
        let mut own = Vec::new();
        let mut others = Vec::new();
        for (at, statement) in policy.statements.iter().enumerate() {
            let sets = self.entries(statement, policy_type, element)?;
            match sets {
                None => others.push(Set::FULL),
                Some(sets) if at == nth => own = sets,
                Some(sets) => others.extend(sets),
            }
        }
        let arena = self.compiler.arena();
        let mut behind = vec![arena.union(others)?];
        for &set in own.iter().rev() {
            let last = behind.last().copied().unwrap_or(Set::EMPTY);
            behind.push(arena.union([last, set])?);
        }
        let mut before = Set::EMPTY;
        let mut covered = Vec::new();
        for (at, &set) in own.iter().enumerate() {
            let rest = behind.get(own.len() - at - 1).copied().unwrap_or(Set::EMPTY);
            if arena.difference([set], [before, rest])? == Set::EMPTY {
                covered.push(at);
            }
            before = arena.union([before, set])?;
        }
        Ok(covered)
    }

    /// The requests of each entry of a list; none where it is a complement.
    fn entries(
        &mut self,
        statement: &Statement,
        policy_type: PolicyType,
        element: Element,
    ) -> Result<Option<Vec<Set>>, AnalysisError> {
        let mut sets = Vec::new();
        match (element, &statement.action, &statement.resource) {
            (Element::Action, Selector::In(entries), _) => {
                for entry in entries {
                    sets.push(self.compiler.action_entry(entry)?);
                }
            }
            (Element::Resource, _, Some(Selector::In(entries))) => {
                for entry in entries {
                    sets.push(self.compiler.resource_entry(entry, policy_type)?);
                }
            }
            _ => return Ok(None),
        }
        Ok(Some(sets))
    }

    /// Leaves out those entries of a list without which the policy means the same.
    fn with_fewer_entries(
        &mut self,
        original: &Subject,
        policy: Policy,
        policy_type: PolicyType,
        (nth, element): (usize, Element),
        candidates: Vec<usize>,
    ) -> Result<Policy, AnalysisError> {
        let mut policy = policy;
        for at in candidates.into_iter().rev() {
            let mut fewer = policy.clone();
            let left = fewer.statements.get_mut(nth).map(|of| element.remove(of, at)).unwrap_or_default();
            if left > 0 && self.means(original, &fewer, policy_type)? {
                policy = fewer;
            }
        }
        Ok(policy)
    }

    fn with_fewer_conditions(
        &mut self,
        original: &Subject,
        policy: Policy,
        policy_type: PolicyType,
        nth: usize,
    ) -> Result<Policy, AnalysisError> {
        let mut policy = policy;
        let mut at = 0;
        while policy.statements.get(nth).is_some_and(|statement| at < statement.conditions.len()) {
            let mut fewer = policy.clone();
            if let Some(statement) = fewer.statements.get_mut(nth) {
                statement.conditions.remove(at);
            }
            if self.means(original, &fewer, policy_type)? {
                policy = fewer;
            } else {
                at += 1;
            }
        }
        Ok(policy)
    }
}

fn subject(text: &str, policy_type: PolicyType) -> Subject {
    alone(vec![LayerPolicy::read("policy", "document", text, policy_type)], policy_type)
}

/// An element with a list of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Action,
    Resource,
}

impl Element {
    /// Takes one entry out of a list; gives how many are left.
    fn remove(self, statement: &mut Statement, at: usize) -> usize {
        fn take<T>(selector: &mut Selector<T>, at: usize) -> usize {
            let (Selector::In(entries) | Selector::NotIn(entries)) = selector;
            if at < entries.len() {
                entries.remove(at);
            }
            entries.len()
        }
        match (self, &mut statement.resource) {
            (Element::Action, _) => take(&mut statement.action, at),
            (Element::Resource, Some(resource)) => take(resource, at),
            (Element::Resource, None) => 0,
        }
    }
}

fn dropped(policy: &Policy, nth: usize) -> Policy {
    let mut fewer = policy.clone();
    fewer.statements.remove(nth);
    fewer
}

fn without_sids(policy: &Policy) -> Policy {
    let mut bare = policy.clone();
    bare.statements.iter_mut().for_each(|statement| statement.sid = None);
    bare
}

/// Joins statements that differ in their actions only, or in their resources only.
fn joined(policy: &Policy) -> Policy {
    let mut statements: Vec<Statement> = Vec::new();
    for statement in &policy.statements {
        let same = |other: &Statement| {
            (other.effect, &other.principal, &other.conditions)
                == (statement.effect, &statement.principal, &statement.conditions)
        };
        let join = statements.iter_mut().filter(|other| same(other)).find_map(|other| {
            if same_entries(other.resource.as_ref(), statement.resource.as_ref()) {
                united(&other.action, &statement.action).map(|action| (other, Some(action), None))
            } else if same_entries(Some(&other.action), Some(&statement.action)) {
                let both = other.resource.as_ref().zip(statement.resource.as_ref());
                let resource = both.and_then(|(one, two)| united(one, two));
                resource.map(|resource| (other, None, Some(resource)))
            } else {
                None
            }
        });
        match join {
            Some((other, Some(action), _)) => other.action = action,
            Some((other, None, resource)) => other.resource = resource,
            None => statements.push(statement.clone()),
        }
    }
    Policy { version: policy.version, statements }
}

/// Whether two selectors have the same entries, in any order.
fn same_entries<T: PartialEq>(one: Option<&Selector<T>>, other: Option<&Selector<T>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let is_in = |entry: &Spanned<T>, of: &Selector<T>| of.entries().contains(entry);
            std::mem::discriminant(one) == std::mem::discriminant(other)
                && one.entries().iter().all(|entry| is_in(entry, other))
                && other.entries().iter().all(|entry| is_in(entry, one))
        }
        _ => false,
    }
}

/// The entries of two lists, each once; none where one is a complement.
fn united<T: Clone + PartialEq>(one: &Selector<T>, other: &Selector<T>) -> Option<Selector<T>> {
    let (Selector::In(one), Selector::In(other)) = (one, other) else { return None };
    let mut all = one.clone();
    for entry in other {
        if !all.contains(entry) {
            all.push(entry.clone());
        }
    }
    Some(Selector::In(all))
}
