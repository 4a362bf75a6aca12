//! Values at the edges of what they may be, patterns made to be slow, and names that are nearly the same.

use std::time::{Duration, Instant};

use iamdb::algebra::Budget;
use iamdb::eval::{Decision, authorize};
use iamdb::request::{Context, Value};
use iamdb::store::At;
use serde_json::json;

use super::size::imported;
use crate::agree::is_in_set;
use crate::asking::{layers, request};

/// Whether a condition on one key holds, which both meanings must say.
fn holds(operator: &str, policy: &str, asked: &str) -> bool {
    let condition = json!({ operator: { "t:k": policy } });
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    let layers = layers(&[json!({ "Version": "2012-10-17", "Statement": statement })], &[]);
    let mut context = Context::default();
    context.set("t:k", Value::Single(asked.to_owned()));
    let request = request("s3:GetObject", "*", context);
    let holds = authorize(&layers, &request).decision == Decision::Allowed;
    if let Ok(Some(is_in)) = is_in_set(&layers, &request, Budget::default()) {
        assert_eq!(is_in, holds, "{operator} {policy:.40} of {asked:.40}");
    }
    holds
}

/// Of two values that can be compared exactly one comparison holds, from each side; of others none does.
fn are_in_order(family: &str, values: &[String]) {
    let is = |operator: &str, policy: &str, asked: &str| holds(&format!("{family}{operator}"), policy, asked);
    let is_read: Vec<bool> = values.iter().map(|value| is("Equals", value, value)).collect();
    assert!(is_read.contains(&true) && is_read.contains(&false));
    for (one, one_is_read) in values.iter().zip(&is_read) {
        for (other, other_is_read) in values.iter().zip(&is_read) {
            if one > other {
                continue;
            }
            let start = Instant::now();
            let [less, equal, greater] =
                ["LessThan", "Equals", "GreaterThan"].map(|operator| is(operator, one, other));
            let count = [less, equal, greater].iter().filter(|is| **is).count();
            assert!(count <= 1, "{one:.40} and {other:.40}");
            assert_eq!(is("LessThanEquals", one, other), less || equal, "{one:.40} and {other:.40}");
            // Some forms are read in policies only, others in requests only.
            if *one_is_read && *other_is_read {
                assert_eq!(count, 1, "{one:.40} and {other:.40}");
                assert_eq!(is("GreaterThan", other, one), less, "{one:.40} and {other:.40}");
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{one:.40} and {other:.40}");
        }
    }
}

#[test]
fn numbers_at_the_edges_are_in_order() {
    let values = [
        "0",
        "-0",
        "+0",
        "00",
        "1",
        "1.0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "0.1",
        "1e-1",
        "1e0",
        "1E+0",
        "1e308",
        "1e309",
        "-1e309",
        "4.9e-324",
        "1e-400",
        "1e9999",
        "1e-9999",
        "1e10000",
        "1e99999",
        "1e2147483648",
        "1e-2147483649",
        "1e9223372036854775808",
        "1e99999999999999999999",
        "NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "0x10",
        "1_000",
        "1,000",
        "\u{ff11}",
        "\u{661}",
        " 1",
        "1 ",
        "1\n",
        "",
        "-",
        "+",
        ".",
        "1.",
        ".1",
        "e1",
        "1e",
        "1e+",
        "--1",
        "+-1",
    ];
    let mut values: Vec<String> = values.map(str::to_owned).to_vec();
    values.extend(["9".repeat(2_000), format!("0.{}1", "0".repeat(2_000))]);
    are_in_order("Numeric", &values);
}

#[test]
fn dates_at_the_edges_are_in_order() {
    let values = [
        "0000-01-01",
        "0000-01-01T00:00:00Z",
        "0001-01-01",
        "-0001-01-01",
        "-009999-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.999999999Z",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+23:59",
        "10000-01-01",
        "+10000-01-01",
        "1970-01-01",
        "1969-12-31T23:59:59Z",
        "2024-02-29",
        "2023-02-29",
        "1900-02-29",
        "2000-02-29",
        "2024-12-31T23:59:60Z",
        "2016-12-31T23:59:60Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+14:00",
        "2024-01-01T00:00:00-00:00",
        "2024-01-01T00:00:00.0000000001Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00Z",
        "2024-W01-1",
        "2024-001",
        "2024",
        "2024-1-1",
        "0",
        "-1",
        "1",
        "253402300799",
        "253402300800",
        "-62167219200",
        "-377705116801",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "1e9",
        "1e99",
        "1e9999",
        "1704067200000",
        "1704067200.5",
        "NaN",
        "",
        " 2024-01-01",
        "\u{ff12}024-01-01",
        "2024-13-01",
        "2024-00-01",
        "2024-01-32",
    ];
    are_in_order("Date", &values.map(str::to_owned));
}

/// A matcher that goes back for each star never ends on these.
#[test]
fn patterns_that_make_matchers_go_back_are_matched_soon() {
    let text = "a".repeat(5_000);
    let patterns = [
        "*a".repeat(500) + "b",
        "a*".repeat(500) + "b",
        "*".repeat(5_000) + "b",
        "*?".repeat(500) + "b",
        "?*a".repeat(500) + "b*",
    ];
    for pattern in patterns {
        let start = Instant::now();
        for end in ["", "b", "c"] {
            let text = format!("{text}{end}");
            assert_eq!(holds("StringLike", &pattern, &text), end == "b", "{pattern:.20}");
            let arn = |resource: &str| format!("arn:aws:s3:::{resource}");
            assert_eq!(holds("ArnLike", &arn(&pattern), &arn(&text)), end == "b", "{pattern:.20}");
            let statement =
                json!({ "Effect": "Allow", "Action": format!("s3:{pattern}"), "Resource": arn(&pattern) });
            let layers = layers(&[json!({ "Version": "2012-10-17", "Statement": statement })], &[]);
            let asked = request(&format!("s3:{text}"), &arn(&text), Context::default());
            assert_eq!(authorize(&layers, &asked).decision == Decision::Allowed, end == "b", "{pattern:.20}");
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(60), "{pattern:.20} took {took:?}");
    }
}

/// A context of thousands of keys, and policies that ask for as many.
#[test]
fn keys_by_the_thousand_are_asked_for_soon() {
    let key = |nth: usize| format!("aws:RequestTag/k{nth}");
    let all: serde_json::Map<_, _> = (0..5_000).map(|nth| (key(nth), json!("v"))).collect();
    let statement =
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "StringEquals": all } });
    let layers = layers(&[json!({ "Version": "2012-10-17", "Statement": statement })], &[]);
    let mut context = Context::default();
    (0..5_000).for_each(|nth| context.set(&key(nth), Value::Single("v".to_owned())));
    let start = Instant::now();
    let asked = request("s3:GetObject", "*", context);
    assert_eq!(authorize(&layers, &asked).decision, Decision::Allowed);
    let mut less = asked;
    less.context.set(&key(4_999), Value::Single("w".to_owned()));
    assert_eq!(authorize(&layers, &less).decision, Decision::ImplicitlyDenied);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "took {took:?}");
}

/// A user, a role and a group of one name, users whose names differ in case, and names that look the same: each stays
/// itself.
#[test]
fn names_that_collide_stay_apart() {
    let composed = "caf\u{e9}";
    let decomposed = "cafe\u{301}";
    let names =
        ["alice", "Alice", "ALICE", composed, decomposed, "\u{430}lice", "alice\u{200b}", "alice ", " alice"];
    let entity = |kind: &str, name: &str| {
        let tag = json!([{ "Key": "is", "Value": format!("{kind} {name}") }]);
        let mut entity = json!({ "Path": "/", "Arn": format!("arn:aws:iam::222222222222:{}/{name}", kind.to_lowercase()) });
        entity[format!("{kind}Name")] = json!(name);
        entity[format!("{kind}Id")] = json!("A");
        if kind != "Group" {
            entity["Tags"] = tag;
        }
        entity
    };
    let list = |kind: &str| names.iter().map(|name| entity(kind, name)).collect::<Vec<_>>();
    let dump = json!({ "UserDetailList": list("User"), "GroupDetailList": list("Group"), "RoleDetailList": list("Role"), "Policies": [] });
    let mut store = imported(&dump.to_string());
    let now = store.read(At::Now).unwrap();
    for name in names {
        let found = now.principals_named(name).unwrap();
        assert_eq!(found.len(), 3, "{name:?}: {found:?}");
        for principal in found {
            let tags = now.tags(principal.key).unwrap();
            assert!(
                tags.iter().all(|(_, value)| value.split_once(' ').is_some_and(|(_, is)| is == name)),
                "{name:?}"
            );
        }
    }
}
