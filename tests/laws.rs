//! What holds for every policy and every request: laws of the evaluator, of the canonical form and of the
//! parser, and the matchers against oracles that are written here once more, as simply as can be.

use iamdb::eval::{Decision, authorize, condition_holds};
use iamdb::pattern::{Pattern, Syntax};
use iamdb::policy::{Condition, Document, Effect, Family, PolicyType, Test, parse};
use iamdb::request::{Context, Value};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value as Json, json};

use crate::asking::{TYPES, decide, layer_policy, layers, request};
use crate::fuzzed;
use crate::generate::{
    self, Question, question, readable_policy_values, readable_request_values, statements,
};

/// An endless supply of small decisions for rewriting a document.
struct Choices<'a> {
    bytes: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl<'a> Choices<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Choices { bytes: bytes.iter().cycle() }
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or_default()) % limit.max(1)
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    fn blank(&mut self) -> &'static str {
        ["", " ", "\n", "\t", "\r\n  "][self.below(5)]
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 7..40)
}

/// Where in a policy a value stands, as far as rewriting goes.
#[derive(Clone, Copy)]
enum Place {
    Policy,
    Statements,
    Statement,
    Set { lexemes: bool },
    Blocks,
    Block,
    Plain,
}

/// The same policy, written otherwise: white space, key order, escapes, scalars against lists, the order of
/// lists and duplicates in them, booleans and numbers against their text.
fn written_otherwise(value: &Json, place: Place, choices: &mut Choices<'_>) -> String {
    let inner = |key: &str| match (place, key) {
        (Place::Policy, "Statement") => Place::Statements,
        (Place::Statement, "Action" | "NotAction" | "Resource" | "NotResource") => {
            Place::Set { lexemes: false }
        }
        (Place::Statement, "Condition") => Place::Blocks,
        (Place::Blocks, _) => Place::Block,
        (Place::Block, _) => Place::Set { lexemes: true },
        _ => Place::Plain,
    };
    if let Place::Set { lexemes } = place {
        let mut items: Vec<Json> = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        if !items.is_empty() && choices.yes() {
            items.push(items[choices.below(items.len())].clone());
        }
        choices.shuffle(&mut items);
        let alike = items.windows(2).all(|pair| pair[0] == pair[1]);
        let mut printed: Vec<String> = items.iter().map(|item| scalar(item, lexemes, choices)).collect();
        if alike && !printed.is_empty() && choices.yes() {
            return printed.remove(0);
        }
        return list(&printed, choices);
    }
    match value {
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            choices.shuffle(&mut members);
            let mut printed = Vec::new();
            for (key, value) in members {
                let (before, after) = (choices.blank(), choices.blank());
                let key_text = string(key, choices);
                printed.push(format!(
                    "{before}{key_text}{after}:{}",
                    written_otherwise(value, inner(key), choices)
                ));
            }
            let of_policy = format!("{}{{{}{}}}", choices.blank(), printed.join(","), choices.blank());
            match place {
                Place::Statements if choices.yes() => format!("[{of_policy}]"),
                _ => of_policy,
            }
        }
        Json::Array(items) if matches!(place, Place::Statements) => {
            let printed: Vec<String> =
                items.iter().map(|item| written_otherwise(item, Place::Statement, choices)).collect();
            if printed.len() == 1 && choices.yes() { printed.concat() } else { list(&printed, choices) }
        }
        other => scalar(other, false, choices),
    }
}

fn list(printed: &[String], choices: &mut Choices<'_>) -> String {
    let blank = choices.blank();
    format!("[{blank}{}]{blank}", printed.join(&format!("{blank},")))
}

fn scalar(value: &Json, lexemes: bool, choices: &mut Choices<'_>) -> String {
    match value {
        Json::String(text)
            if lexemes && ["true", "false", "10"].contains(&text.as_str()) && choices.yes() =>
        {
            text.clone()
        }
        Json::String(text) => string(text, choices),
        Json::Bool(_) | Json::Number(_) if lexemes && choices.yes() => format!("\"{value}\""),
        other => other.to_string(),
    }
}

fn string(text: &str, choices: &mut Choices<'_>) -> String {
    let escaped = choices.below(8);
    let one = |(nth, c): (usize, char)| match c {
        '"' | '\\' => format!("\\{c}"),
        c if u32::from(c) < 0x20 || (nth == escaped && u32::from(c) < 0x1_0000) => {
            format!("\\u{:04x}", u32::from(c))
        }
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().enumerate().map(one).collect::<String>())
}

/// The policy of a single object is rewritten like that of a list.
fn rewritten(policy: &Json, bytes: &[u8]) -> String {
    let mut listed = policy.clone();
    if listed["Statement"].is_object() {
        listed["Statement"] = json!([policy["Statement"]]);
    }
    written_otherwise(&listed, Place::Policy, &mut Choices::new(bytes))
}

fn of_texts(texts: &[&str], question: &Question) -> Decision {
    let mut layers = layers(&[], &[]);
    layers.identity = texts.iter().map(|text| layer_policy(text, PolicyType::Identity)).collect();
    authorize(&layers, &question.request).decision
}

fn with_statements(policy: &Json, statements: Vec<Json>) -> Json {
    let mut policy = policy.clone();
    policy["Statement"] = Json::Array(statements);
    policy
}

fn with_effect(statement: &Json, effect: Effect) -> Json {
    let mut statement = statement.clone();
    statement["Effect"] = json!(effect.to_string());
    statement
}

proptest! {
    /// Semantics 0.5: neither the order of statements, elements and entries nor their repetition matters.
    #[test]
    fn order_and_repetition_do_not_matter(question in question(), bytes in bytes()) {
        let before = decide(&question.policy, &question.request);
        let mut choices = Choices::new(&bytes);
        let mut shuffled: Vec<Json> = statements(&question.policy).into_iter().cloned().collect();
        shuffled.push(shuffled[choices.below(shuffled.len())].clone());
        choices.shuffle(&mut shuffled);
        let shuffled = with_statements(&question.policy, shuffled);
        prop_assert_eq!(before, decide(&shuffled, &question.request));
        prop_assert_eq!(before, of_texts(&[&rewritten(&shuffled, &bytes)], &question));
    }

    /// R-EVL-3: it does not matter either how statements are spread over the policies of a layer.
    #[test]
    fn one_policy_or_many(question in question()) {
        let split: Vec<Json> = statements(&question.policy)
            .into_iter()
            .map(|statement| with_statements(&question.policy, vec![statement.clone()]))
            .collect();
        let together = authorize(&layers(&split, &[]), &question.request).decision;
        prop_assert_eq!(decide(&question.policy, &question.request), together);
    }

    /// R-EVL-2: a Deny never adds access.
    #[test]
    fn a_deny_never_adds(question in question(), statement in generate::statement()) {
        let mut more: Vec<Json> = statements(&question.policy).into_iter().cloned().collect();
        more.push(with_effect(&statement, Effect::Deny));
        let after = decide(&with_statements(&question.policy, more), &question.request);
        if after == Decision::Allowed {
            prop_assert_eq!(decide(&question.policy, &question.request), Decision::Allowed);
        }
    }

    /// R-EVL-2: an Allow never takes access away, and never lifts a Deny.
    #[test]
    fn an_allow_never_removes(question in question(), statement in generate::statement()) {
        let before = decide(&question.policy, &question.request);
        let mut more: Vec<Json> = statements(&question.policy).into_iter().cloned().collect();
        more.push(with_effect(&statement, Effect::Allow));
        let after = decide(&with_statements(&question.policy, more), &question.request);
        if before != Decision::ImplicitlyDenied {
            prop_assert_eq!(before, after);
        } else {
            prop_assert_ne!(after, Decision::ExplicitlyDenied);
        }
    }

    /// R-EVL-4: a boundary never adds; what both allow is allowed, a Deny in either denies.
    #[test]
    fn a_boundary_is_an_intersection(question in question(), boundary in generate::policy()) {
        let with = authorize(
            &layers(std::slice::from_ref(&question.policy), std::slice::from_ref(&boundary)),
            &question.request,
        ).decision;
        let (identity, limit) =
            (decide(&question.policy, &question.request), decide(&boundary, &question.request));
        let both = [identity, limit];
        let expected = if both.contains(&Decision::ExplicitlyDenied) {
            Decision::ExplicitlyDenied
        } else if both.contains(&Decision::ImplicitlyDenied) {
            Decision::ImplicitlyDenied
        } else {
            Decision::Allowed
        };
        prop_assert_eq!(with, expected);
    }

    /// The identity of a document survives every way of writing it, and the meaning with it.
    #[test]
    fn the_hash_is_stable(question in question(), bytes in bytes()) {
        let text = question.policy.to_string();
        let other = rewritten(&question.policy, &bytes);
        let (a, b) = (Document::new(text.clone()), Document::new(other.clone()));
        prop_assert_eq!(a.canonical(), b.canonical());
        prop_assert_eq!(a.id(), b.id());
        prop_assert_eq!(of_texts(&[&text], &question), of_texts(&[&other], &question));
        prop_assert_eq!(b.text(), other.as_str());
    }

    /// A change of meaning that the evaluator can witness changes the identity.
    #[test]
    fn another_meaning_has_another_hash(question in question(), at in any::<Index>(), to in select(SOUP)) {
        let text = question.policy.to_string();
        let at = at.index(text.chars().count());
        let other: String =
            text.chars().enumerate().map(|(nth, c)| if nth == at { to.to_owned() } else { c.to_string() }).collect();
        if of_texts(&[&text], &question) != of_texts(&[&other], &question) {
            prop_assert_ne!(Document::new(text).id(), Document::new(other).id());
        }
    }

    /// The canonical form is its own canonical form and says the same, of any text.
    #[test]
    fn the_canonical_form_is_a_fixed_point(question in question(), edits in edits()) {
        for text in [question.policy.to_string(), edited(&question.policy.to_string(), &edits)] {
            fuzzed::policy::is_its_canonical_form(&text);
            let canonical = Document::new(text.clone()).canonical().to_owned();
            prop_assert_eq!(of_texts(&[&text], &question), of_texts(&[&canonical], &question));
        }
    }

    /// Semantics 0.3: what the strict mode takes, the lenient mode did not have to bend.
    #[test]
    fn what_is_strict_is_not_degraded(question in question(), edits in edits()) {
        for text in [question.policy.to_string(), edited(&question.policy.to_string(), &edits)] {
            for policy_type in TYPES {
                fuzzed::policy::is_not_degraded_where_it_is_strict(&text, policy_type);
            }
        }
    }

    /// The parser is total, its spans lie in the text and its paths in the document (R-GRM-73).
    #[test]
    fn the_parser_is_total(policy in generate::policy(), edits in edits(), noise in ".{0,40}", bom in any::<bool>()) {
        let policy = policy.to_string();
        let bom = if bom { "\u{feff}" } else { "" };
        for text in [noise.clone(), format!("{bom}{policy}"), format!("{bom}{}", edited(&policy, &edits)), format!("{policy}{noise}")] {
            for policy_type in TYPES {
                fuzzed::policy::has_its_places(&text, policy_type);
            }
        }
    }

    /// R-PAT-1, R-PAT-2: the glob matcher against the definition, on texts made from the pattern.
    #[test]
    fn globs_follow_the_definition(pattern in "[ab*?é/]{0,8}", fillings in prop::collection::vec("[abé*\n]{0,3}", 8), change in prop::option::of((any::<Index>(), "[abé]"))) {
        let mut fillings = fillings.iter();
        let mut text: String = pattern
            .chars()
            .map(|c| match c {
                '*' => fillings.next().cloned().unwrap_or_default(),
                '?' => "é".to_owned(),
                c => c.to_string(),
            })
            .collect();
        if let Some((at, to)) = change {
            let at = at.index(text.chars().count() + 1);
            let (head, tail): (String, String) = (text.chars().take(at).collect(), text.chars().skip(at).collect());
            text = format!("{head}{to}{}", tail.chars().skip(1).collect::<String>());
        }
        prop_assert_eq!(
            holds("StringLike", json!([pattern]), &single(&text)),
            by_definition(&chars(&pattern), &chars(&text)),
            "{} against {:?}", pattern, text
        );
    }

    /// R-PAT-3, R-VAR-12: what a variable contributes is characters, wherever it stands.
    #[test]
    fn variables_contribute_characters(before in "[a*?]{0,3}", name in "[ab*?]{1,4}", after in "[a*?]{0,3}", text in "[ab*?]{0,6}") {
        let mut context = single(&text);
        context.set("aws:username", Value::Single(name.clone()));
        let escaped: String = name
            .chars()
            .map(|c| match c {
                '*' => "${*}".to_owned(),
                '?' => "${?}".to_owned(),
                c => c.to_string(),
            })
            .collect();
        prop_assert_eq!(
            holds("StringLike", json!(format!("{before}${{aws:username}}{after}")), &context),
            holds("StringLike", json!(format!("{before}{escaped}{after}")), &context)
        );
    }

    /// A pattern prints as it can be written where wildcards and variables are live.
    #[test]
    fn patterns_print_as_they_read(text in r"[ab*?$\{\}]{0,6}(\$\{(\*|\?|\$|aws:username|k:t/x y|a:b, '\}c:\*')\})?[ab*?]{0,3}") {
        let live = Syntax { wildcards: true, variables: true };
        for syntax in [live, Syntax { wildcards: false, ..live }, Syntax { variables: false, ..live }] {
            let (pattern, malformed) = Pattern::parse(&text, syntax);
            let (again, malformed_again) = Pattern::parse(&pattern.to_string(), live);
            if malformed.is_none() {
                prop_assert_eq!((&again, malformed_again), (&pattern, None), "{} printed as {}", text, pattern);
            }
        }
    }

    /// R-CND-43: `ForAllValues:P` is the complement of `ForAnyValue:notP`, on data that parses.
    #[test]
    fn the_set_operators_are_dual((negated, policy, context) in readable_pair()) {
        let positive = positive_of(negated);
        for (all, any) in [(positive, negated.name()), (negated.name(), positive)] {
            prop_assert_ne!(
                holds(&format!("ForAllValues:{all}"), json!(policy), &context),
                holds(&format!("ForAnyValue:{any}"), json!(policy), &context)
            );
        }
    }

    /// R-CND-40, R-CND-15 and, for one value, R-CND-10 and the complement of R-CND-2.
    #[test]
    fn identities_of_operators((negated, policy, context) in readable_pair(), raw in generate::context()) {
        let key = context.get("t:k");
        let positive = positive_of(negated);
        let is = |operator: &str, values: Json| holds(operator, values, &context);
        let null = is("Null", json!("true"));
        let values = json!(policy);
        if key.is_none_or(|value| value.items().len() <= 1) {
            prop_assert_eq!(is(&format!("{positive}IfExists"), values.clone()), null || is(positive, values.clone()));
            prop_assert_eq!(is(negated.name(), values.clone()), null || !is(positive, values.clone()));
        }
        let plain = |operator: &str| is(operator, values.clone());
        prop_assert_eq!(plain(&format!("{}IfExists", negated.name())), plain(negated.name()));
        for operator in [positive, negated.name()] {
            let (all, any) = (format!("ForAllValues:{operator}"), format!("ForAnyValue:{operator}"));
            prop_assert_eq!(plain(&format!("{all}IfExists")), plain(&all));
            if let Some(Value::Single(value)) = key && !value.is_empty() {
                prop_assert_eq!(plain(operator), plain(&all));
                prop_assert_eq!(plain(operator), plain(&any));
            }
        }
        // R-CND-7 and R-CND-1: independent pairs are a conjunction, whatever the data.
        let both = json!({ positive: { "t:String": policy }, format!("{}IfExists", negated.name()): { "t:Arn": policy } });
        let conditions = conditions(&both);
        let each = |nth: usize| condition_holds(&conditions[nth], &raw);
        let question = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": both}});
        let decision = decide(&question, &request("s3:GetObject", "*", raw.clone()));
        prop_assert_eq!(decision == Decision::Allowed, each(0) && each(1));
    }

    /// R-CND-41.
    #[test]
    fn like_star_is_presence(value in generate::value(select(&["", "a", "*"][..]).prop_map(str::to_owned).boxed())) {
        let mut context = Context::default();
        if let Some(value) = value.clone() {
            context.set("t:k", value);
        }
        let is = |operator: &str, values: &str| holds(operator, json!(values), &context);
        if !matches!(value, Some(Value::Multi(_))) {
            prop_assert_eq!(is("StringLike", "*"), is("Null", "false"));
            prop_assert_eq!(is("StringNotLike", "*"), is("Null", "true"));
            prop_assert!(is("StringLikeIfExists", "*"));
        }
        let non_empty = value.is_some_and(|value| value.items().iter().any(|item| !item.is_empty()));
        prop_assert_eq!(is("ForAnyValue:StringLike", "*"), non_empty);
    }

    /// R-CND-22, R-CND-23: decimals against hundredths counted as integers, in several spellings.
    #[test]
    fn numbers_compare_as_decimals(request in -300..300_i64, policy in -300..300_i64, styles in (0..5_u8, 0..5_u8)) {
        compare_like_integers("Numeric", request, policy, &decimal(request, styles.0), &decimal(policy, styles.1))?;
    }

    /// R-CND-24: dates against seconds counted by hand, in several spellings and zones.
    #[test]
    fn dates_compare_as_instants(start in -3_000_000_000..5_000_000_000_i64, step in -2..=2_i64, styles in (0..6_u8, 0..6_u8), zone in -14..=14_i64) {
        let (a, b) = (start, start + step);
        compare_like_integers("Date", a, b, &date(a, styles.0, zone), &date(b, styles.1, -zone))?;
    }

    /// R-CND-28: membership is equality of the leading bits, inside one family.
    #[test]
    fn networks_are_leading_bits(v4 in any::<(u32, u32)>(), v6 in any::<(u128, u128)>(), near in any::<Index>(), bits4 in 0..=32_u32, bits6 in 0..=128_u32) {
        let near4 = v4.0 ^ (1 << near.index(32));
        let near6 = v6.0 ^ (1 << near.index(128));
        for other in [v4.0, v4.1, near4] {
            let inside = (v4.0 ^ other).leading_zeros() >= bits4;
            in_network(&std::net::Ipv4Addr::from(other).to_string(), &format!("{}/{bits4}", std::net::Ipv4Addr::from(v4.0)), inside)?;
        }
        for other in [v6.0, v6.1, near6] {
            let inside = (v6.0 ^ other).leading_zeros() >= bits6;
            let upper = std::net::Ipv6Addr::from(other).to_string().to_uppercase();
            in_network(&upper, &format!("{}/{bits6}", std::net::Ipv6Addr::from(v6.0)), inside)?;
        }
        in_network(&std::net::Ipv4Addr::from(v4.0).to_string(), "::/0", false)?;
        in_network(&std::net::Ipv6Addr::from(v6.0).to_string(), "0.0.0.0/0", false)?;
    }
}

/// The small world of R-PAT-1: every pattern of up to four tokens against every text of up to four letters,
/// as condition, as resource and as action.
#[test]
fn every_small_glob() {
    let patterns = words(&['a', 'b', '*', '?'], 4);
    let texts = words(&['a', 'b'], 4);
    let contexts: Vec<Context> = texts.iter().map(|text| single(text)).collect();
    for pattern in &patterns {
        let condition = &conditions(&json!({"StringLike": {"t:k": pattern}}))[0];
        let policy = |action: &str, resource: &str| json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
        let by_resource = layers(&[policy("*", &format!("arn:aws:s3:::{pattern}"))], &[]);
        let by_action = layers(&[policy(&format!("s3:{}", pattern.to_uppercase()), "*")], &[]);
        for (text, context) in texts.iter().zip(&contexts) {
            let expected = by_definition(&chars(pattern), &chars(text));
            assert_eq!(condition_holds(condition, context), expected, "{pattern} against {text}");
            let ask = request("s3:GetObject", &format!("arn:aws:s3:::{text}"), Context::default());
            assert_eq!(
                authorize(&by_resource, &ask).decision == Decision::Allowed,
                expected,
                "{pattern} {text}"
            );
            if !text.is_empty() {
                let ask = request(&format!("S3:{text}"), "*", Context::default());
                // R-ACT-5: an empty name is no pattern, and no action is named so.
                assert_eq!(
                    authorize(&by_action, &ask).decision == Decision::Allowed,
                    expected,
                    "{pattern} {text}"
                );
            }
        }
    }
}

/// Deep nesting meets a limit, not the end of the stack, in every place where it can stand (R-GRM-1).
#[test]
fn deep_nesting_is_refused() {
    for depth in [10, 100, 126, 127, 128, 129, 255, 256, 257, 400, 511, 512, 513, 5_000, 200_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let (braces, ends) = (r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for text in [
            open.clone(),
            format!("{open}{close}"),
            format!("{braces}1{ends}"),
            format!(r#"{{"Statement":{open}{close}}}"#),
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{open}{close}}}]}}"#
            ),
            format!(r#"{{"Statement":{{"Condition":{braces}1{ends}}}}}"#),
        ] {
            let document = Document::new(text.clone());
            assert_eq!(Document::new(document.canonical().to_owned()).id(), document.id());
            for policy_type in TYPES {
                let parsed = parse(&text, policy_type);
                assert!(parsed.errors().next().is_some());
                assert!(parsed.policy.statements.is_empty());
            }
        }
    }
}

/// Pieces that edits put into a document.
const SOUP: &[&str] = &[
    "",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "01",
    "-",
    "1e5",
    "*",
    "?",
    "${",
    "}",
    "\\",
    "\\ud800",
    "\\u4e2d",
    "é",
    "中",
    "\u{feff}",
    "\u{0}",
    "\n",
    " ",
    "\"Sid\":\"a\",",
    "\"Sid\":\"b\",",
    "\"Effect\":\"Deny\",",
    "\"effect\":\"Deny\",",
    "\"Principal\":\"*\",",
    "\"Principal\":{\"AWS\":[\"*\",\"a\"]},",
    "\"Version\":1,",
    "\"Id\":\"x\",",
    "{},",
    "[],",
    "null,",
    "\"x\",",
    "\"NotAction\":[],",
    "\"Extra\":{\"a\":[1]},",
];

#[derive(Debug, Clone)]
enum Edit {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Behind(&'static str, Index, &'static str),
}

/// Edits of a text; most are made where the grammar has a joint, so that the text often stays JSON.
fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        2 => (any::<Index>(), select(SOUP)).prop_map(|(at, what)| Edit::Insert(at, what)),
        1 => (any::<Index>(), 1..4_usize).prop_map(|(at, much)| Edit::Remove(at, much)),
        6 => (select(&["{", "[", ":", ","][..]), any::<Index>(), select(SOUP)).prop_map(|(joint, at, what)| Edit::Behind(joint, at, what)),
    ];
    prop::collection::vec(edit, 1..4)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for edit in edits {
        let (at, remove, insert) = match edit {
            Edit::Insert(at, what) => (at.index(chars.len() + 1), 0, *what),
            Edit::Remove(at, much) => (at.index(chars.len() + 1), *much, ""),
            Edit::Behind(joint, at, what) => {
                let joints: Vec<usize> =
                    (0..chars.len()).filter(|&nth| joint.chars().next() == chars.get(nth).copied()).collect();
                if joints.is_empty() {
                    continue;
                }
                (at.get(&joints) + 1, 0, *what)
            }
        };
        let tail: Vec<char> = chars.iter().skip(at + remove).copied().collect();
        chars.truncate(at);
        chars.extend(insert.chars());
        chars.extend(tail);
    }
    chars.into_iter().collect()
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// R-PAT-1 and R-PAT-2, word by word.
fn by_definition(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some(('*', behind)), rest) => {
            by_definition(behind, text) || rest.is_some_and(|(_, tail)| by_definition(pattern, tail))
        }
        (Some(('?', behind)), Some((_, tail))) => by_definition(behind, tail),
        (Some((c, behind)), Some((d, tail))) => c == d && by_definition(behind, tail),
        (Some(_), None) => false,
    }
}

/// Every word over an alphabet up to a length.
fn words(alphabet: &[char], most: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..most {
        longest =
            longest.iter().flat_map(|word| alphabet.iter().map(move |c| format!("{word}{c}"))).collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// The conditions that a `Condition` element says.
pub(crate) fn conditions(element: &Json) -> Vec<Condition> {
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": element,
    }});
    let parsed = parse(&policy.to_string(), PolicyType::Identity);
    parsed.policy.statements.into_iter().next().unwrap().conditions
}

fn holds(operator: &str, values: Json, context: &Context) -> bool {
    condition_holds(&conditions(&json!({ operator: { "t:k": values } }))[0], context)
}

fn single(value: &str) -> Context {
    let mut context = Context::default();
    context.set("t:k", Value::Single(value.to_owned()));
    context
}

fn positive_of(negated: Test) -> &'static str {
    let positive = negated.name().replacen("Not", "", 1);
    Test::ALL.iter().find(|test| test.name() == positive).unwrap().name()
}

/// A negated operator, policy values that parse under it and a context that does.
fn readable_pair() -> impl Strategy<Value = (Test, Vec<&'static str>, Context)> {
    let negated: Vec<Test> = Test::ALL.iter().copied().filter(|test| test.is_negated()).collect();
    let policy = prop::collection::vec(any::<Index>(), 0..4);
    let values = prop::option::weighted(0.85, (any::<bool>(), prop::collection::vec(any::<Index>(), 0..4)));
    (select(negated), policy, values, prop::bool::weighted(0.2)).prop_map(
        |(negated, policy, values, empty)| {
            let family = negated.family();
            let policy = policy.iter().map(|at| *at.get(readable_policy_values(family))).collect();
            let mut context = Context::default();
            context.set("aws:username", Value::Single("bob".to_owned()));
            let read = |at: &Index| match (family, empty) {
                (Family::String, true) => String::new(),
                _ => (*at.get(readable_request_values(family))).to_owned(),
            };
            match values {
                Some((true, values)) if !values.is_empty() => {
                    context.set("t:k", Value::Single(read(&values[0])))
                }
                Some((_, values)) => context.set("t:k", Value::Multi(values.iter().map(read).collect())),
                None => {}
            }
            (negated, policy, context)
        },
    )
}

/// The six comparisons of a family agree with those of integers.
fn compare_like_integers(
    family: &str,
    a: i64,
    b: i64,
    request: &str,
    policy: &str,
) -> Result<(), TestCaseError> {
    let context = single(request);
    for (operator, expected) in [
        ("Equals", a == b),
        ("NotEquals", a != b),
        ("LessThan", a < b),
        ("LessThanEquals", a <= b),
        ("GreaterThan", a > b),
        ("GreaterThanEquals", a >= b),
    ] {
        let operator = format!("{family}{operator}");
        prop_assert_eq!(
            holds(&operator, json!(policy), &context),
            expected,
            "{} {} {}",
            request,
            operator,
            policy
        );
    }
    Ok(())
}

/// Hundredths, spelled in a style.
fn decimal(hundredths: i64, style: u8) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.abs() / 100, hundredths.abs() % 100);
    match style {
        0 => format!("{sign}{whole}.{part:02}"),
        1 => format!("{hundredths}e-2"),
        2 => format!("{sign}{whole}.{part:02}000E0"),
        3 if hundredths >= 0 => format!("+{whole}.{part:02}"),
        _ => format!("{sign}0.{:05}e+003", hundredths.abs()).replace("e+003", "E+3"),
    }
}

/// Seconds since the epoch, spelled in a style; civil dates are counted from the year 1600 on.
fn date(seconds: i64, style: u8, zone: i64) -> String {
    if style == 0 {
        return seconds.to_string();
    }
    let local = if style >= 4 { seconds + zone * 3600 } else { seconds };
    let (mut days, second) = (local.div_euclid(86_400) + 135_140, local.rem_euclid(86_400));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1600;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let clock = format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", days + 1);
    let sign = if zone < 0 { '-' } else { '+' };
    match style {
        1 => clock,
        2 => format!("{clock}.000Z"),
        3 => format!("{clock}z").replace('T', "t"),
        4 => format!("{clock}{sign}{:02}:00", zone.abs()),
        _ => format!("{clock}{sign}{:02}00", zone.abs()),
    }
}

fn in_network(address: &str, network: &str, inside: bool) -> Result<(), TestCaseError> {
    let context = single(address);
    prop_assert_eq!(holds("IpAddress", json!(network), &context), inside, "{} in {}", address, network);
    prop_assert_eq!(holds("NotIpAddress", json!(network), &context), !inside, "{} in {}", address, network);
    Ok(())
}
