//! One statement: its elements, what its policy type asks of them (R-GRM-12 to 34), and the entries of
//! `Action`, `Resource` and `Principal`.

use super::super::json::{Member, Node, Value};
use super::super::{
    ActionPattern, Consequence, Effect, PolicyType, PrincipalEntry, ResourcePattern, ResourceService,
    Selector, Span, Spanned, Statement, Version,
};
use super::{Place, Reader, last};
use crate::arn::PARTITIONS;
use crate::pattern::{Malformed, Pattern, Piece, Syntax};

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The actions that a trust policy may name (R-GRM-32).
const TRUST_ACTIONS: [&str; 6] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "TagSession",
    "SetSourceIdentity",
    "SetContext",
];

/// A pair of which a statement has at most one.
#[derive(Clone, Copy)]
struct Pair {
    positive: &'static str,
    complement: &'static str,
}

const PRINCIPAL: Pair = Pair { positive: "Principal", complement: "NotPrincipal" };
const ACTION: Pair = Pair { positive: "Action", complement: "NotAction" };
const RESOURCE: Pair = Pair { positive: "Resource", complement: "NotResource" };

impl Reader {
    /// Reads a statement; `None` where it can never apply.
    pub(super) fn statement(&mut self, index: usize, node: &Node<'_>, path: &Place<'_>) -> Option<Statement> {
        self.inert = false;
        let Value::Object(members) = &node.value else {
            self.wrong_type(
                "Statement",
                "an object",
                &node.value,
                Consequence::StatementInert,
                path,
                node.span,
            );
            return None;
        };
        self.duplicates(members, path, &["Sid"]);
        for member in members.iter().filter(|member| !ELEMENTS.contains(&member.key.as_ref())) {
            self.unknown_element(member, path, &ELEMENTS);
        }
        let sid = self.sid(members, path);
        let effect = self.effect(members, path, node.span);
        // Where the effect is missing the statement never applies; the rest is read for its diagnostics.
        let as_effect = effect.unwrap_or(Effect::Deny);
        let principal = self.principal(members, as_effect, path, node.span);
        let action = self.action(members, as_effect, path, node.span);
        let resource = self.resource(members, as_effect, path, node.span);
        let conditions = match last(members, "Condition") {
            Some(member) => self.conditions(member, as_effect, &path.key("Condition")),
            None => Vec::new(),
        };
        let (effect, action) = (effect?, action?);
        let statement =
            Statement { index, sid, effect, principal, action, resource, conditions, span: node.span };
        if self.inert {
            self.inert_statements.push(statement);
            return None;
        }
        Some(statement)
    }

    /// R-GRM-19.
    fn sid(&mut self, members: &[Member<'_>], path: &Place<'_>) -> Option<String> {
        let member = last(members, "Sid")?;
        let path = path.key("Sid");
        let Value::String(sid) = &member.value.value else {
            let span = member.value.span;
            self.wrong_type("Sid", "a string", &member.value.value, Consequence::StatementInert, &path, span);
            return None;
        };
        let legal = |c: char| match self.policy_type {
            PolicyType::Resource(ResourceService::Kms) => c.is_ascii_alphanumeric() || c == ' ',
            PolicyType::Resource(_) | PolicyType::VpcEndpoint => !c.is_control(),
            _ => c.is_ascii_alphanumeric(),
        };
        if let Some(c) = sid.chars().find(|&c| !legal(c)) {
            let message = format!("the Sid `{sid}` holds `{c}`: letters A to Z and digits are allowed");
            self.error("UNSUPPORTED_SID", Consequence::None, &path, member.value.span, message);
        }
        if sid.is_empty() {
            return None;
        }
        self.sids.push((sid.clone().into_owned(), path.path(), member.value.span));
        Some(sid.clone().into_owned())
    }

    /// R-GRM-13, and the effects that R-GRM-30 allows.
    fn effect(&mut self, members: &[Member<'_>], path: &Place<'_>, statement: Span) -> Option<Effect> {
        let Some(member) = last(members, "Effect") else {
            let message = "the statement has no `Effect`: write `Allow` or `Deny`";
            self.error("MISSING_EFFECT", Consequence::StatementInert, path, statement, message);
            return None;
        };
        let (path, span) = (path.key("Effect"), member.value.span);
        let effect = match &member.value.value {
            Value::String(text) if text == "Allow" => Effect::Allow,
            Value::String(text) if text == "Deny" => Effect::Deny,
            Value::String(text) => {
                let message = format!("the effect `{text}` is neither `Allow` nor `Deny`");
                self.error("INVALID_EFFECT", Consequence::StatementInert, &path, span, message);
                return None;
            }
            other => {
                self.wrong_type("Effect", "a string", other, Consequence::StatementInert, &path, span);
                return None;
            }
        };
        if self.policy_type == PolicyType::Rcp && effect == Effect::Allow && !is_rcp_full_access(members) {
            let message = "a resource control policy may only deny";
            self.error("RCP_SYNTAX_ERROR_ALLOW", Consequence::StatementInert, &path, span, message);
        }
        Some(effect)
    }

    /// R-GRM-18, R-GRM-22 to 28.
    fn principal(
        &mut self,
        members: &[Member<'_>],
        effect: Effect,
        path: &Place<'_>,
        statement: Span,
    ) -> Option<Selector<PrincipalEntry>> {
        let found = self.one_of(PRINCIPAL, members, path);
        let identity_like = !self.policy_type.has_principals();
        let Some((member, complement)) = found else {
            if !identity_like {
                let message = "the statement has no `Principal`";
                self.error("MISSING_PRINCIPAL", Consequence::StatementInert, path, statement, message);
            }
            return None;
        };
        let path = path.key(&member.key);
        if identity_like {
            let code = match self.policy_type {
                PolicyType::Scp => "SCP_SYNTAX_ERROR_PRINCIPAL",
                _ => "UNSUPPORTED_PRINCIPAL",
            };
            let message =
                format!("this type of policy has no `{}`: it applies to whom it is attached to", member.key);
            self.error(code, Consequence::StatementInert, &path, member.key_span, message);
            if let Value::Object(map) = &member.value.value {
                self.duplicates(map, &path, &[]);
            }
            return None;
        }
        self.forbidden_principal(member, complement, &path);
        let entries = self.principal_entries(member, complement, effect, &path);
        Some(if complement { Selector::NotIn(entries) } else { Selector::In(entries) })
    }

    /// What trust policies and RCPs do not allow in their principals (R-GRM-32, R-GRM-34).
    fn forbidden_principal(&mut self, member: &Member<'_>, complement: bool, path: &Place<'_>) {
        let problem = match (self.policy_type, complement) {
            (PolicyType::Trust, true) => {
                Some(("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", "a trust policy has no `NotPrincipal`"))
            }
            (PolicyType::Rcp, complement) if complement || !is_bare_star(&member.value) => {
                Some(("RCP_SYNTAX_ERROR_PRINCIPAL", "the principal of a resource control policy is `\"*\"`"))
            }
            _ => None,
        };
        // AWS takes only the bare `"*"`; written as a map it means the same.
        let as_map = self.policy_type == PolicyType::Rcp && !complement && is_everyone(&member.value);
        let consequence = if as_map { Consequence::None } else { Consequence::StatementInert };
        if let Some((code, message)) = problem {
            self.error(code, consequence, path, member.key_span, message);
        }
    }

    fn principal_entries(
        &mut self,
        member: &Member<'_>,
        complement: bool,
        effect: Effect,
        path: &Place<'_>,
    ) -> Vec<Spanned<PrincipalEntry>> {
        let lost = lost_entry(complement, effect);
        let span = member.value.span;
        let mut entries = Vec::new();
        let map = match &member.value.value {
            Value::String(text) if text == "*" => {
                return vec![Spanned { value: PrincipalEntry::Everyone, span }];
            }
            Value::String(text) => {
                let message = format!("`{text}` must stand in a map such as {{\"AWS\": \"{text}\"}}");
                self.error("INVALID_PRINCIPAL_FORMAT", lost, path, span, message);
                return entries;
            }
            Value::Object(map) => map,
            other => {
                let wanted = "\"*\" or an object";
                self.wrong_type(&member.key, wanted, other, Consequence::StatementInert, path, span);
                return entries;
            }
        };
        self.duplicates(map, path, &[]);
        if map.is_empty() {
            self.error(
                "EMPTY_OBJECT_PRINCIPAL",
                lost,
                path,
                span,
                format!("`{}` is an empty object", member.key),
            );
        }
        for inner in map {
            let path = path.key(&inner.key);
            if !["AWS", "Service", "Federated", "CanonicalUser"].contains(&inner.key.as_ref()) {
                let message = format!(
                    "unknown kind of principal `{}`: known are AWS, Service, Federated, CanonicalUser",
                    inner.key
                );
                self.error("INVALID_PRINCIPAL_KEY", lost, &path, inner.key_span, message);
                continue;
            }
            for Entry { text, path, span } in self.strings(inner, lost, "EMPTY_ARRAY_PRINCIPAL", &path) {
                match PrincipalEntry::parse(&inner.key, text) {
                    Ok(value) => entries.push(Spanned { value, span }),
                    Err(problem) => self.error(problem.code, lost, &path, span, problem.message),
                }
            }
        }
        entries
    }

    fn action(
        &mut self,
        members: &[Member<'_>],
        effect: Effect,
        path: &Place<'_>,
        statement: Span,
    ) -> Option<Selector<ActionPattern>> {
        let Some((member, complement)) = self.one_of(ACTION, members, path) else {
            let message = "the statement has neither `Action` nor `NotAction`";
            self.error("MISSING_ACTION", Consequence::StatementInert, path, statement, message);
            return None;
        };
        let path = path.key(&member.key);
        if complement && self.policy_type == PolicyType::Rcp {
            let (code, message) =
                ("RCP_SYNTAX_ERROR_NOTACTION", "a resource control policy has no `NotAction`");
            self.error(code, Consequence::StatementInert, &path, member.key_span, message);
        }
        let lost = lost_entry(complement, effect);
        let mut entries = Vec::new();
        for Entry { text, path, span } in self.strings(member, lost, "EMPTY_ARRAY_ACTION", &path) {
            match read_action(text) {
                Ok(value) => {
                    self.action_of_type(&value, members, &path, span);
                    entries.push(Spanned { value, span });
                }
                // What IAM stores is no malformed entry: that it matches nothing is its meaning (R-GRM-71). Only
                // an Allow over such a complement stays without effect, as if the entry were malformed.
                Err(NotAnAction { accepted: true, message }) => {
                    let lost = if lost == Consequence::StatementInert { lost } else { Consequence::None };
                    self.warning("INVALID_ACTION", lost, &path, span, message)
                }
                Err(NotAnAction { accepted: false, message }) => {
                    self.error("INVALID_ACTION", lost, &path, span, message)
                }
            }
        }
        Some(if complement { Selector::NotIn(entries) } else { Selector::In(entries) })
    }

    /// What trust policies and RCPs ask of their actions (R-GRM-32, R-GRM-34).
    fn action_of_type(
        &mut self,
        action: &ActionPattern,
        members: &[Member<'_>],
        path: &Place<'_>,
        span: Span,
    ) {
        let service = match action {
            ActionPattern::Every => None,
            ActionPattern::Named { service, .. } => service.as_deref(),
        };
        if self.policy_type == PolicyType::Rcp && service.is_none() && !is_rcp_full_access(members) {
            let message = "an action of a resource control policy needs a service prefix, such as `s3:*`";
            self.error("RCP_SYNTAX_ERROR_ACTION", Consequence::None, path, span, message);
        }
        let ActionPattern::Named { service: Some(service), name } = action else { return };
        let is_session_action = service.eq_ignore_ascii_case("sts")
            && name
                .as_text()
                .is_none_or(|name| TRUST_ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)));
        if self.policy_type == PolicyType::Trust && !is_session_action {
            let message = format!("a trust policy is only about sessions of the role, not about `{action}`");
            self.error("UNSUPPORTED_ACTION_IN_POLICY", Consequence::None, path, span, message);
        }
    }

    fn resource(
        &mut self,
        members: &[Member<'_>],
        effect: Effect,
        path: &Place<'_>,
        statement: Span,
    ) -> Option<Selector<ResourcePattern>> {
        let optional =
            matches!(self.policy_type, PolicyType::Trust | PolicyType::Resource(ResourceService::Other));
        let Some((member, complement)) = self.one_of(RESOURCE, members, path) else {
            if !optional {
                let message = "the statement has neither `Resource` nor `NotResource`";
                self.error("MISSING_RESOURCE", Consequence::StatementInert, path, statement, message);
            }
            return None;
        };
        let path = path.key(&member.key);
        if self.policy_type == PolicyType::Trust {
            let message = "a trust policy has no resource: it is about its role";
            let code = "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE";
            self.error(code, Consequence::StatementInert, &path, member.key_span, message);
        }
        let lost = lost_entry(complement, effect);
        let mut entries = Vec::new();
        for Entry { text, path, span } in self.strings(member, lost, "EMPTY_ARRAY_RESOURCE", &path) {
            let syntax = Syntax { wildcards: true, variables: self.version == Version::V2012 };
            let (pattern, malformed) = Pattern::parse(text, syntax);
            if let Some(malformed) = malformed {
                self.malformed_variable(malformed, text, complement.then_some(lost), &path, span);
                if complement {
                    continue;
                }
            }
            match read_resource(&pattern) {
                Some(value) => {
                    self.resource_of_iam(&value, text, &path, span);
                    entries.push(Spanned { value, span });
                }
                None => {
                    let message = format!("the resource `{text}` is neither an ARN nor `*`");
                    self.error("INVALID_ARN_PREFIX", lost, &path, span, message);
                }
            }
        }
        Some(if complement { Selector::NotIn(entries) } else { Selector::In(entries) })
    }

    /// What IAM checks of an ARN before it stores an identity policy (R-GRM-70, step 6). The pattern means
    /// what it says all the same.
    fn resource_of_iam(&mut self, resource: &ResourcePattern, text: &str, path: &Place<'_>, span: Span) {
        let ResourcePattern::Arn(segments) = resource else { return };
        if !self.policy_type.is_identity_based() {
            return;
        }
        let literal = |nth: usize| segments.get(nth).and_then(Pattern::as_text);
        if let Some(partition) = literal(1)
            && !PARTITIONS.contains(&partition)
        {
            let message =
                format!("the partition `{partition}` of `{text}` is not one of {}", PARTITIONS.join(", "));
            self.error("INVALID_PARTITION", Consequence::None, path, span, message);
        }
        let service = segments.get(2);
        if service.is_some_and(|service| service.as_text() == Some("")) {
            let message = format!("the service of `{text}` is empty");
            self.error("INVALID_SERVICE", Consequence::None, path, span, message);
        } else if service.is_some_and(|service| service.as_text().is_none()) {
            let message = format!("a wildcard in the service of `{text}`: IAM refuses to store it");
            self.warning("WILDCARD_IN_SERVICE_NAME", Consequence::None, path, span, message);
        }
        let has_region =
            segments.get(3).is_some_and(|region| !region.pieces().is_empty() && !region.has_star());
        if literal(2) == Some("iam") && has_region {
            let message = format!("IAM is global: `{text}` cannot name a region");
            self.error("ARN_REGION_NOT_ALLOWED", Consequence::None, path, span, message);
        }
        if segments.len() < 6 {
            let message = format!(
                "`{text}` has fewer than the six fields of an ARN: in an identity policy the missing ones read as `*`"
            );
            self.warning("MISSING_ARN_FIELD", Consequence::None, path, span, message);
        }
    }

    pub(super) fn malformed_variable(
        &mut self,
        malformed: Malformed,
        text: &str,
        lost: Option<Consequence>,
        path: &Place<'_>,
        span: Span,
    ) {
        let (code, what) = match malformed {
            Malformed::Brace => ("MISSING_BRACE_IN_VARIABLE", "a policy variable without its closing brace"),
            Malformed::Empty => ("EMPTY_VARIABLE", "a policy variable without a name"),
            Malformed::Quote => ("MISSING_QUOTE_IN_VARIABLE", "a default that is not in single quotes"),
            Malformed::Space => ("UNSUPPORTED_SPACE_IN_VARIABLE", "a blank in the name of a policy variable"),
        };
        self.error(
            code,
            lost.unwrap_or(Consequence::VariableIsText),
            path,
            span,
            format!("{what} in `{text}`"),
        );
    }

    /// The member of a pair; both of them make the statement inert (R-GRM-12).
    fn one_of<'n, 'a>(
        &mut self,
        pair: Pair,
        members: &'n [Member<'a>],
        path: &Place<'_>,
    ) -> Option<(&'n Member<'a>, bool)> {
        match (last(members, pair.positive), last(members, pair.complement)) {
            (Some(positive), Some(complement)) => {
                let later = if positive.key_span < complement.key_span { complement } else { positive };
                let message = format!("both `{}` and `{}` in one statement", pair.positive, pair.complement);
                let path = path.key(&later.key);
                self.error(
                    "UNSUPPORTED_ELEMENT_COMBINATION",
                    Consequence::StatementInert,
                    &path,
                    later.key_span,
                    message,
                );
                Some((positive, false))
            }
            (Some(positive), None) => Some((positive, false)),
            (None, complement) => complement.map(|complement| (complement, true)),
        }
    }

    /// The strings of a scalar or list (R-GRM-14 to 16). `lost` is what an empty list means.
    fn strings<'n>(
        &mut self,
        member: &'n Member<'_>,
        lost: Consequence,
        empty_code: &'static str,
        path: &'n Place<'n>,
    ) -> Vec<Entry<'n>> {
        let wanted = "a string or a list of strings";
        let inert = Consequence::StatementInert;
        let span = member.value.span;
        match &member.value.value {
            Value::String(text) => vec![Entry { text, path: *path, span }],
            Value::Array(items) => {
                if items.is_empty() {
                    self.error(empty_code, lost, path, span, format!("`{}` is an empty list", member.key));
                }
                let mut strings = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let (path, span) = (path.index(index), item.span);
                    match &item.value {
                        Value::String(text) => strings.push(Entry { text, path, span }),
                        Value::Null if member.key == "Resource" => {
                            let message = "null in `Resource`";
                            self.error("DATA_TYPE_MISMATCH", Consequence::EntryIgnored, &path, span, message);
                        }
                        other => self.wrong_type(&member.key, wanted, other, inert, &path, span),
                    }
                }
                strings
            }
            other => {
                self.wrong_type(&member.key, wanted, other, inert, path, span);
                Vec::new()
            }
        }
    }
}

/// One string of an element, and where it stands.
struct Entry<'n> {
    text: &'n str,
    path: Place<'n>,
    span: Span,
}

/// What a malformed entry means (semantics 0.3): nothing in a list; in a complement it excludes nothing, and
/// an Allow over such a complement never applies.
pub(super) fn lost_entry(complement: bool, effect: Effect) -> Consequence {
    match (complement, effect) {
        (true, Effect::Allow) => Consequence::StatementInert,
        _ => Consequence::EntryIgnored,
    }
}

struct NotAnAction {
    /// IAM stores it, but it matches no action (R-GRM-71).
    accepted: bool,
    message: String,
}

/// R-ACT-1 to 5.
fn read_action(text: &str) -> Result<ActionPattern, NotAnAction> {
    let refused = |message: String| Err(NotAnAction { accepted: false, message });
    if !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
        return Ok(ActionPattern::Every);
    }
    let Some((service, name)) = text.split_once(':') else {
        return refused(format!("the action `{text}` has no service prefix such as `s3:`"));
    };
    let is_ordinary = |name: &str| name.bytes().all(|byte| is_word(byte) || matches!(byte, b'*' | b'?'));
    if service.is_empty() || name.is_empty() || !service.bytes().all(is_word) || !is_ordinary(name) {
        check_action(text, service, name)?;
    }
    let (name, _) = Pattern::parse(name, Syntax { wildcards: true, variables: false });
    Ok(ActionPattern::Named { service: (service != "*").then(|| service.to_owned()), name })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Refuses what is no action; the text is cut at its first colon.
fn check_action(text: &str, service: &str, name: &str) -> Result<(), NotAnAction> {
    let refused = |message: String| Err(NotAnAction { accepted: false, message });
    if name.contains(':') || (text.contains('$') && text.contains("${")) {
        return refused(format!("the action `{text}` is not of the form `service:name`"));
    }
    if service.is_empty() || (service != "*" && !service.bytes().all(is_word)) {
        return refused(format!(
            "`{service}` in `{text}` is no service prefix: a name such as `s3`, or exactly `*`"
        ));
    }
    if name.is_empty() || name.contains(',') {
        return refused(format!("`{text}` names no action: write one pattern per list entry"));
    }
    if text.contains(char::is_whitespace) {
        return Err(NotAnAction {
            accepted: true,
            message: format!("the action `{text}` holds a blank and matches nothing"),
        });
    }
    Ok(())
}

/// R-RES-2, R-RES-3, R-RES-7, R-RES-16.
fn read_resource(pattern: &Pattern) -> Option<ResourcePattern> {
    if pattern.is_all_stars() {
        return Some(ResourcePattern::Every);
    }
    let segments = pattern.split_at_colons(5);
    let is_arn = segments.len() >= 2 && segments.first().and_then(Pattern::as_text) == Some("arn");
    // `arn:` followed by a variable that holds the colons cannot be told apart before the request.
    let first_is_text = matches!(pattern.pieces().first(), Some(Piece::Text(_)));
    (is_arn && first_is_text).then_some(ResourcePattern::Arn(segments))
}

fn is_bare_star(node: &Node<'_>) -> bool {
    matches!(&node.value, Value::String(text) if text == "*")
}

/// `"*"` or `{"AWS": "*"}`.
fn is_everyone(node: &Node<'_>) -> bool {
    match &node.value {
        Value::String(text) => text == "*",
        Value::Object(members) => {
            matches!(members.as_slice(), [Member { key, value, .. }] if key == "AWS" && is_star(value))
        }
        _ => false,
    }
}

fn is_star(node: &Node<'_>) -> bool {
    match &node.value {
        Value::String(text) => text == "*",
        Value::Array(items) => matches!(items.as_slice(), [item] if is_star(item)),
        _ => false,
    }
}

/// AWS's own `RCPFullAWSAccess`, the one RCP that allows (R-GRM-34).
fn is_rcp_full_access(members: &[Member<'_>]) -> bool {
    let star = |key| last(members, key).is_some_and(|member| is_star(&member.value));
    let allowed = ["Sid", "Effect", "Principal", "Action", "Resource"];
    let allows = |node: &Node<'_>| matches!(&node.value, Value::String(text) if text == "Allow");
    last(members, "Effect").is_some_and(|member| allows(&member.value))
        && star("Action")
        && star("Resource")
        && last(members, "Principal").is_some_and(|member| is_everyone(&member.value))
        && members.iter().all(|member| allowed.contains(&member.key.as_ref()))
}
