//! `Condition`: operators, keys and values (R-GRM-4, R-GRM-15, R-GRM-16, R-CND-1 to 7).

use std::collections::HashMap;

use super::super::date::{Side, instant};
use super::super::json::{Member, Node, Value};
use super::super::{
    Condition, ConditionValue, Consequence, Effect, Family, Operator, Span, Spanned, Test, Version,
};
use super::statement::lost_entry;
use super::{Place, Reader};
use crate::pattern::{Pattern, Syntax};

impl Reader {
    pub(super) fn conditions(
        &mut self,
        member: &Member<'_>,
        effect: Effect,
        path: &Place<'_>,
    ) -> Vec<Condition> {
        let Value::Object(blocks) = &member.value.value else {
            let span = member.value.span;
            self.wrong_type(
                "Condition",
                "an object",
                &member.value.value,
                Consequence::StatementInert,
                path,
                span,
            );
            return Vec::new();
        };
        self.duplicates(blocks, path, &[]);
        self.same_but_for_case(blocks, path);
        let mut conditions = Vec::new();
        for block in blocks {
            let path = path.key(&block.key);
            let Value::Object(tests) = &block.value.value else {
                let (value, span) = (&block.value.value, block.value.span);
                self.wrong_type(&block.key, "an object", value, Consequence::StatementInert, &path, span);
                continue;
            };
            if tests.is_empty() {
                continue;
            }
            self.duplicates(tests, &path, &[]);
            self.same_but_for_case(tests, &path);
            let Some(operator) = self.operator(&block.key, block.key_span, &path) else { continue };
            conditions.extend(
                tests.iter().map(|test| self.condition(operator, test, effect, &path.key(&test.key))),
            );
        }
        conditions
    }

    /// R-CND-4 to 6. `None`: unknown, so the statement never applies.
    fn operator(&mut self, name: &str, span: Span, path: &Place<'_>) -> Option<Operator> {
        let code = "INVALID_CONDITION_OPERATOR";
        let Some(operator) = Operator::parse(name) else {
            let message = match nearest(name) {
                Some(near) => format!("unknown condition operator `{name}`: did you mean `{near}`?"),
                None => format!("unknown condition operator `{name}`"),
            };
            self.error(code, Consequence::StatementInert, path, span, message);
            return None;
        };
        if operator.test == Test::Null && operator.if_exists {
            let message = format!("`{name}` makes no sense: `Null` is about keys that do not exist");
            self.error("NULL_WITH_IF_EXISTS", Consequence::ElementIgnored, path, span, message);
            return Some(Operator { if_exists: false, ..operator });
        }
        if operator.to_string() != name {
            self.error(
                code,
                Consequence::None,
                path,
                span,
                format!("the operator `{name}` is spelled `{operator}`"),
            );
        }
        Some(operator)
    }

    fn condition(
        &mut self,
        operator: Operator,
        test: &Member<'_>,
        effect: Effect,
        path: &Place<'_>,
    ) -> Condition {
        let key = test.key.as_ref();
        if key.split_once(':').is_none_or(|(prefix, name)| prefix.is_empty() || name.is_empty()) {
            let message = format!("the condition key `{key}` is not of the form `prefix:name`");
            self.error("INVALID_CONDITION_KEY_FORMAT", Consequence::None, path, test.key_span, message);
        }
        let mut values = Vec::new();
        match &test.value.value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    values.extend(self.value(operator, key, item, effect, &path.index(index)));
                }
            }
            _ => values.extend(self.value(operator, key, &test.value, effect, path)),
        }
        let span = Span { start: test.key_span.start, end: test.value.span.end };
        Condition { operator, key: key.to_owned(), values, span }
    }

    fn value(
        &mut self,
        operator: Operator,
        key: &str,
        node: &Node<'_>,
        effect: Effect,
        path: &Place<'_>,
    ) -> Option<Spanned<ConditionValue>> {
        let text = match &node.value {
            Value::String(text) => text.clone().into_owned(),
            Value::Number(lexeme) => (*lexeme).to_owned(),
            Value::Bool(value) => value.to_string(),
            other => {
                let wanted = "a string, number or boolean, or a list of them";
                self.wrong_type(key, wanted, other, Consequence::StatementInert, path, node.span);
                return None;
            }
        };
        let test = operator.test;
        // IAM stores no such date (R-GRM-74, R-CND-33).
        if test.family() == Family::Date && instant(&text, Side::Policy).is_none() {
            let message = format!(
                "`{text}` is no date: write `2026-11-24`, `2026-11-24T09:00:00Z` or the seconds since 1970"
            );
            self.error("TYPE_MISMATCH_DATE", Consequence::EntryIgnored, path, node.span, message);
        }
        let variables = self.version == Version::V2012 && test.has_variables();
        let (pattern, malformed) =
            Pattern::parse(&text, Syntax { wildcards: test.has_wildcards(), variables });
        if let Some(malformed) = malformed {
            let lost = test.is_negated().then(|| lost_entry(true, effect));
            self.malformed_variable(malformed, &text, lost, path, node.span);
            if test.is_negated() {
                return None;
            }
        }
        Some(Spanned { value: ConditionValue { text, pattern }, span: node.span })
    }

    /// R-GRM-4: keys that differ only in letter case are both evaluated.
    fn same_but_for_case(&mut self, members: &[Member<'_>], path: &Place<'_>) {
        if members.len() < 2 {
            return;
        }
        let mut seen: HashMap<String, &str> = HashMap::new();
        for member in members {
            let key = member.key.as_ref();
            match seen.get(&key.to_ascii_lowercase()) {
                Some(&other) if other != key => {
                    let message = format!("`{key}` and `{other}` differ only in letter case: both must hold");
                    self.error(
                        "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
                        Consequence::None,
                        &path.key(key),
                        member.key_span,
                        message,
                    );
                }
                Some(_) => {}
                None => {
                    seen.insert(key.to_ascii_lowercase(), key);
                }
            }
        }
    }
}

/// The operator that was probably meant.
fn nearest(name: &str) -> Option<&'static str> {
    let base = name.rsplit(':').next().unwrap_or(name);
    let distance = |test: &Test| strsim::damerau_levenshtein(test.name(), base);
    Test::ALL
        .iter()
        .min_by_key(|test| distance(test))
        .filter(|test| distance(test) <= 4)
        .map(|test| test.name())
}
